#include "offramp/optimize/admission.h"

#include <algorithm>
#include <cmath>

#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

constexpr double kQueueSeconds = 0.5;      // backlog that counts as a queue ...
constexpr double kQueueServices = 10;      // ... and at least so many services, ...
constexpr double kVariableServices = 20;   // ... and so many more times their scv
constexpr double kCertain = 2;             // standard deviations of a queue that is not seen
constexpr double kEngageAfter_s = 0.3;     // of overload with a queue
constexpr double kEngageBlindAfter_s = 5;  // of overload whose queue lies further down, unseen
constexpr double kReleaseAfter_s = 2;
constexpr double kTimeConstant_s = 2;  // about twice that of the measured rates: no overshoot
constexpr double kLargestCut = 0.3;    // of the target, while a queue is worked off

double Utilization(const AdmissionInput& input) {
  // A stage further down that nothing can relieve: its utilisation follows from the excess.
  const double beyond =
      input.overloaded ? kMaxUtilization / (1 - std::min(input.excess_share, 0.99)) : 0;
  return std::max({input.utilization, beyond, 0.01});
}

}  // namespace

bool AdmissionControl::ShouldEngage(const AdmissionInput& input) {
  const double services = kQueueServices + kVariableServices * std::min(input.service_scv, 1.0);
  const bool queue = input.backlog_s >= std::max(kQueueSeconds, services * input.service_s);
  const bool certain = input.overloaded && input.excess_share >= kCertain * input.noise;
  overloaded_for_s_ = certain ? overloaded_for_s_ + input.period_s : 0;
  congested_for_s_ = input.overloaded && queue ? congested_for_s_ + input.period_s : 0;
  return congested_for_s_ >= kEngageAfter_s || overloaded_for_s_ >= kEngageBlindAfter_s;
}

void AdmissionControl::Steer(const AdmissionInput& input) {
  const double cut = std::clamp(0.2 * (input.backlog_s - 0.2), 0.0, kLargestCut);
  const double target = kTargetUtilization * (1 - cut);
  const double push = std::log(target / Utilization(input));
  allowed_per_s_ *= std::exp(std::clamp(push, -1.0, 1.0) * input.period_s / kTimeConstant_s);
  // Room above what is offered is unproved: keep little of it.
  allowed_per_s_ = std::clamp(allowed_per_s_, 1e-3, 1.2 * input.offered_rate_per_s + 1);
}

AdmissionDecision AdmissionControl::Round(const AdmissionInput& input) {
  const bool engage = ShouldEngage(input);
  if (!engaged_) {
    if (!engage) return {};
    engaged_ = true;
    calm_for_s_ = 0;
    allowed_per_s_ =
        input.offered_rate_per_s * std::min(kTargetUtilization / Utilization(input), 1.0);
  } else {
    Steer(input);
  }
  const bool calm = allowed_per_s_ >= input.offered_rate_per_s;
  calm_for_s_ = calm ? calm_for_s_ + input.period_s : 0;
  if (calm_for_s_ >= kReleaseAfter_s) {
    engaged_ = false;
    overloaded_for_s_ = congested_for_s_ = 0;
  }
  if (calm) return {};
  const double admitted = allowed_per_s_ / input.offered_rate_per_s;
  // When the queue will be gone and, the more are refused, the later: retries spread out.
  const double retry_after = std::clamp(input.backlog_s / admitted, 1.0, 30.0);
  return {.admitted_fraction = admitted, .retry_after_s = retry_after};
}

}  // namespace offramp
