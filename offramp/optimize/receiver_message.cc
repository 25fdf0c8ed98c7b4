#include "offramp/optimize/receiver_message.h"

#include <algorithm>
#include <cmath>

#include "offramp/core/exit_rule.h"
#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

// Least share of an offloader in the weights, times 1 / offloaders: whoever sends nothing yet must
// be able to start.
constexpr double kWeightFloor = 0.3;
constexpr double kTinyRate = 1e-12;
constexpr double kLargest = 1e30;
constexpr std::size_t kMostStages = 64;

// Before normalisation: the share of the inflow, or what lets an idle offloader begin.
double RawWeight(const AgentMeasurement& measured, int offloaders, int offloader) {
  const double arrivals = std::max(measured.arrival_rate_per_s, kTinyRate);
  return std::max(measured.inflow_per_s[static_cast<std::size_t>(offloader)] / arrivals,
                  kWeightFloor / offloaders);
}

// Excess that only the sources can take away, in tasks/s of this node's outflow.
double UnrelievedExcess(const std::vector<DownstreamView>& views) {
  double excess = 0;
  for (const DownstreamView& view : views) {
    if (view.message->excess <= 0) return 0;
    excess += view.message->weight * view.message->excess;
  }
  return excess;
}

bool InRange(double value, double least) {
  return std::isfinite(value) && value >= least && value <= kLargest;
}

}  // namespace

double WeightTotal(const AgentMeasurement& measured, int offloaders) {
  double total = 0;
  for (int i = 0; i < offloaders; ++i) total += RawWeight(measured, offloaders, i);
  return total;
}

AgentMessage AddressMessage(const AgentMessage& common, const AgentMeasurement& measured,
                            int offloaders, double weight_total, int offloader) {
  AgentMessage message = common;
  message.weight = RawWeight(measured, offloaders, offloader) / weight_total;
  message.flow = measured.inflow_per_s[static_cast<std::size_t>(offloader)];
  return message;
}

std::optional<AgentMessage> ComposeMessage(const MessageInput& input,
                                           const AgentMeasurement& measured,
                                           const std::vector<DownstreamView>& views, int offloader,
                                           std::uint64_t round) {
  const std::optional<AgentMessage> common = ComposeCommon(input, measured, views, round);
  if (!common) return std::nullopt;
  return AddressMessage(*common, measured, input.offloaders,
                        WeightTotal(measured, input.offloaders), offloader);
}

std::optional<AgentMessage> ComposeCommon(const MessageInput& input,
                                          const AgentMeasurement& measured,
                                          const std::vector<DownstreamView>& views,
                                          std::uint64_t round) {
  if (!input.last_stage && views.empty()) return std::nullopt;
  const double arrivals = measured.arrival_rate_per_s;
  const double mu = 1 / measured.service_s;
  QueueLoad load = EvaluateQueue(arrivals, mu, measured.congestion);
  double softness = 1;
  if (input.price != nullptr) {
    softness = input.price->softness();
    load.marginal_s = input.price->quoted_s();
    load.curvature /= softness;
  }

  AgentMessage message;
  message.stage = input.stage;
  message.stamp = round;
  std::size_t later = 0;  // stages after this one
  for (const DownstreamView& view : views) {
    later = std::max(later, view.message->visit_delay_s.size());
  }
  message.visit_delay_s.assign(later + 1, 0.0);
  message.thresholds.assign(later, 0.0);
  message.visit_delay_s[0] = input.visit_cap_services > 0
                                 ? std::min(load.marginal_s, input.visit_cap_services / mu)
                                 : load.marginal_s;
  message.own_marginal_s = load.marginal_s;
  if (later > 0) message.thresholds[0] = input.has_exit ? input.threshold : kNeverExit;

  const double go_on = measured.outflow_per_s / std::max(arrivals, kTinyRate);
  const double s = std::min(go_on, 1.0);  // measured rates of one round may cross
  message.curvature = load.curvature;
  double q = load.curvature / (softness * std::max(mu - arrivals, (1 - kMaxUtilization) * mu));
  for (const DownstreamView& view : views) {
    const AgentMessage& next = *view.message;
    for (std::size_t g = 0; g < next.visit_delay_s.size(); ++g) {
      message.visit_delay_s[g + 1] += view.share * next.visit_delay_s[g];
    }
    message.visit_delay_s[1] += view.share * view.transfer_s;
    for (std::size_t g = 0; g < next.thresholds.size(); ++g) {
      message.thresholds[g + 1] += view.share * next.thresholds[g];
    }
    const double r = s * view.share / next.weight;  // growth of its inflow per growth here
    message.curvature += s * view.share * r * next.curvature;
    q += s * view.share * r * r * next.curvature / next.headroom;
  }
  message.headroom = message.curvature / q;
  message.excess = std::max(arrivals - kMaxUtilization * mu, 0.0);
  if (!input.last_stage && !input.exit_relieves) {
    message.excess = std::max(message.excess, UnrelievedExcess(views));
  }
  return message;
}

bool IsWellFormed(const AgentMessage& message, int stage, const ExitProfile* profile) {
  const std::size_t visits = message.visit_delay_s.size();
  if (message.stage != stage + 1 || visits == 0 || visits > kMostStages) return false;
  if (message.thresholds.size() + 1 != visits) return false;
  if (profile != nullptr && static_cast<int>(visits) != profile->stages() - message.stage + 1) {
    return false;
  }
  const auto valid = [](double value) { return InRange(value, 0); };
  constexpr double kLeast = 1e-30;  // divisors
  return std::all_of(message.visit_delay_s.begin(), message.visit_delay_s.end(), valid) &&
         std::all_of(message.thresholds.begin(), message.thresholds.end(), valid) &&
         InRange(message.curvature, kLeast) && InRange(message.headroom, kLeast) &&
         valid(message.excess) && valid(message.flow) && valid(message.own_marginal_s) &&
         InRange(message.weight, 1e-9) && message.weight <= 1;
}

}  // namespace offramp
