#include "offramp/optimize/agent_state.h"

#include <algorithm>
#include <cmath>

#include "offramp/base/check.h"
#include "offramp/optimize/receiver_message.h"
#include "offramp/optimize/visit_cost.h"

namespace offramp {
namespace {

constexpr double kFirstThreshold = 0.8F;  // a float, as all thresholds of ThresholdStep
constexpr double kLargestRate = 1e9;      // tasks/s
constexpr double kUnknownService = 1e-3;  // seconds
constexpr double kLargestWeight = 1e6;    // seconds

double Clean(double value, double least, double most) {
  return std::isfinite(value) ? std::clamp(value, least, most) : least;
}

void CleanAll(std::vector<double>& values, int size, double most) {
  values.resize(static_cast<std::size_t>(size), 0.0);
  for (double& value : values) value = Clean(value, 0, most);
}

}  // namespace

DtoEeAgent::State::State(int stage_in, int offloaders_in, int receivers_in,
                         std::shared_ptr<const ExitProfile> profile_in, DtoEeOptions options_in,
                         const AgentShare* share)
    : stage(stage_in),
      offloaders(offloaders_in),
      receivers(receivers_in),
      profile(profile_in && profile_in->rows() > 0 ? std::move(profile_in) : nullptr),
      options(options_in),
      last_stage(profile ? stage == profile->stages() : receivers == 0),
      inbox(static_cast<std::size_t>(receivers)),
      shares(static_cast<std::size_t>(receivers), receivers > 0 ? 1.0 / receivers : 0.0),
      threshold(kNeverExit),
      momentum(shares),
      mean_cost_s(static_cast<std::size_t>(receivers)),
      work(share != nullptr ? share->workspace : std::make_shared<AgentWorkspace>()) {
  OFFRAMP_CHECK(stage >= 0 && offloaders >= 0 && receivers >= 0, "an agent's place");
  OFFRAMP_CHECK(!profile || stage <= profile->stages(), "the profile has fewer stages");
  if (profile && stage > 0 && profile->has_exit(stage)) {
    if (share != nullptr) {
      exit = share->exit[static_cast<std::size_t>(stage)];
    } else {
      exit.emplace(*profile, stage);
    }
    threshold = kFirstThreshold;
  }
  const auto size = static_cast<std::size_t>(receivers);
  decision.share.assign(size, 0.0);
  decision.weight.assign(size, 1.0);
  decision.downstream_cost_s.assign(size, 0.0);
  Measure({});
}

void DtoEeAgent::State::Measure(AgentMeasurement measurement) {
  measured = std::move(measurement);
  measured.service_s = Clean(measured.service_s, 0, 1e6);
  if (measured.service_s < 1e-9) measured.service_s = kUnknownService;
  measured.congestion = Clean(measured.congestion, 0.01, 1e3);
  measured.arrival_rate_per_s = Clean(measured.arrival_rate_per_s, 0, kLargestRate);
  measured.outflow_per_s = Clean(measured.outflow_per_s, 0, kLargestRate);
  CleanAll(measured.inflow_per_s, offloaders, kLargestRate);
  CleanAll(measured.flow_per_s, receivers, kLargestRate);
  CleanAll(measured.transfer_s, receivers, 1e6);
  if (measured.receiver_alive.empty()) {
    measured.receiver_alive.assign(static_cast<std::size_t>(receivers), true);
  }
  measured.receiver_alive.resize(static_cast<std::size_t>(receivers), false);
  for (std::size_t k = 0; k < inbox.size(); ++k) {
    if (!measured.receiver_alive[k]) inbox[k].message.reset();
  }
  if (stage > 0 && !options.measured_flows) price.Follow(measured);
  if (!profile) return;
  const double total = measured.row_mix.size() == profile->rows() ? Total(measured.row_mix) : 0;
  if (!std::isfinite(total) || total <= 0) measured.row_mix.clear();
}

std::span<const float> DtoEeAgent::State::Mix() const {
  if (!measured.row_mix.empty()) return measured.row_mix;
  work->alike.resize(profile->rows(), 1.0F);
  return work->alike;
}

double DtoEeAgent::State::weight_s() const {
  const double steered = measured.accuracy_weight_s;
  return steered >= 0 ? std::min(steered, kLargestWeight) : options.accuracy_weight_s;
}

bool DtoEeAgent::State::Fresh(const InboxEntry& entry, std::uint64_t round) const {
  if (!entry.message) return false;
  return round < entry.received ||
         static_cast<double>(round - entry.received) <= options.round_time_to_live;
}

std::optional<AgentMessage> DtoEeAgent::State::Common(std::uint64_t round) const {
  const std::vector<int> live = Live(round);
  const std::vector<double> share = SharesInUse(live);
  std::vector<DownstreamView> views;
  for (std::size_t n = 0; n < live.size(); ++n) {
    const auto k = static_cast<std::size_t>(live[n]);
    views.push_back(
        {.message = &*inbox[k].message, .share = share[n], .transfer_s = measured.transfer_s[k]});
  }
  const MessageInput input{.stage = stage,
                           .last_stage = last_stage,
                           .has_exit = exit.has_value(),
                           .exit_relieves = exit.has_value() && options.thresholds_move,
                           .threshold = threshold,
                           .visit_cap_services = options.visit_cap_services,
                           .price = options.measured_flows ? nullptr : &price,
                           .offloaders = offloaders};
  return ComposeCommon(input, measured, views, round);
}

std::vector<int> DtoEeAgent::State::Live(std::uint64_t round) const {
  std::vector<int> live;
  for (int k = 0; k < receivers; ++k) {
    const auto index = static_cast<std::size_t>(k);
    if (measured.receiver_alive[index] && Fresh(inbox[index], round)) live.push_back(k);
  }
  return live;
}

std::vector<double> DtoEeAgent::State::SharesInUse(const std::vector<int>& live) const {
  std::vector<double> split;
  double total = 0;
  const auto take = [&](const std::vector<double>& from) {
    split.clear();
    total = 0;
    for (const int k : live) {
      split.push_back(from[static_cast<std::size_t>(k)]);
      total += split.back();
    }
  };
  if (options.measured_flows) take(measured.flow_per_s);
  if (total <= 1e-6) take(shares);
  for (double& part : split) {
    part = total > 0 ? part / total : 1.0 / static_cast<double>(live.size());
  }
  return split;
}

}  // namespace offramp
