#include "offramp/daemon/sender_setup.h"

#include <chrono>
#include <functional>

#include "offramp/base/units.h"
#include "offramp/files/fleet_scenario.h"
#include "offramp/files/run_state.h"
#include "offramp/optimize/tuned_thresholds.h"

namespace offramp {

namespace {

// Of a node whose speed the file leaves to its machine, until plans know measured ones: only ratios
// between nodes matter to tuned thresholds, and equal speeds are the neutral guess.
constexpr double kNominalGflopsPerS = 20;

double CapacityOf(const FleetNode& node, const Bundle& bundle) {
  const double gflops = bundle.stage(node.stage).gflops;
  return node.gflops_per_s > 0 && gflops > 0 ? node.gflops_per_s / gflops : 0;
}

int StageOf(const Fleet& fleet, const std::string& name) {
  const FleetNode* node = fleet.FindNode(name);
  return node != nullptr ? node->stage : 0;
}

}  // namespace

Hello HelloOf(const Fleet& fleet, const Bundle& bundle, const std::string& name) {
  Hello hello;
  hello.fleet = bundle.name + "@" + bundle.digest;
  hello.name = name;
  hello.stage = StageOf(fleet, name);
  hello.incarnation =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return hello;
}

std::vector<ReceiverSpec> ReceiversOf(const Fleet& fleet, const Bundle& bundle,
                                      const std::string& name) {
  std::vector<ReceiverSpec> receivers;
  for (const FleetLink& link : fleet.LinksFrom(name)) {
    const FleetNode* node = fleet.FindNode(link.to);
    if (node == nullptr) continue;
    ReceiverSpec spec;
    spec.name = node->name;
    spec.capacity_tasks_per_s = CapacityOf(*node, bundle);
    spec.mbit_per_s = link.mbit_per_s;
    spec.latency_s = link.latency_ms * kMillisecond;
    receivers.push_back(spec);
  }
  return receivers;
}

Result<std::vector<double>> FixedThresholds(const Fleet& fleet, const Bundle& bundle) {
  std::vector<double> thresholds(static_cast<std::size_t>(bundle.stage_count()), kNeverExit);
  if (fleet.policy == Policy::kNoExit || bundle.profile == nullptr) return thresholds;
  if (fleet.fixed_threshold) {
    for (int h = 1; h < bundle.stage_count(); ++h) {
      if (bundle.profile->has_exit(h)) {
        thresholds[static_cast<std::size_t>(h - 1)] = *fleet.fixed_threshold;
      }
    }
    return thresholds;
  }
  MeasuredSpeeds nominal;
  for (const FleetNode& node : fleet.nodes) {
    if (node.gflops_per_s <= 0) nominal[node.name] = kNominalGflopsPerS;
  }
  OFFRAMP_ASSIGN_OR_RETURN(const Problem problem, ProblemOf(fleet, bundle, nominal));
  return TuneThresholds(problem).by_stage;
}

Result<AgentRunnerOptions> AgentOptionsOf(const Fleet& fleet, const Bundle& bundle,
                                          const std::string& name) {
  AgentRunnerOptions options;
  options.policy = fleet.policy;
  options.stage = StageOf(fleet, name);
  options.receivers = static_cast<int>(fleet.LinksFrom(name).size());
  options.offloaders = options.stage == 0 ? 0 : static_cast<int>(fleet.OffloadersOf(name).size());
  options.period_s = fleet.period_s;
  options.objective = fleet.objective;
  options.row_bytes =
      options.stage == 0 ? InputBytes(bundle) : bundle.stage(options.stage).output_bytes;
  options.seed = std::hash<std::string>()(name);
  if (const FleetNode* node = fleet.FindNode(name)) {
    const double capacity = CapacityOf(*node, bundle);
    if (capacity > 0) options.expected_service_s = 1 / capacity;
    if (fleet.policy != Policy::kDtoEe) {
      OFFRAMP_ASSIGN_OR_RETURN(const std::vector<double> thresholds,
                               FixedThresholds(fleet, bundle));
      options.threshold = thresholds[static_cast<std::size_t>(options.stage - 1)];
    }
  }
  return options;
}

}  // namespace offramp
