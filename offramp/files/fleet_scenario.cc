#include "offramp/files/fleet_scenario.h"

#include <algorithm>

namespace offramp {

namespace {

// GFLOP/s of `node`: as the file gives it, as it was measured live, as the model's profile has it;
// 0 where nothing is known.
double SpeedOf(const FleetNode& node, const Bundle& bundle, const MeasuredSpeeds& measured) {
  if (node.gflops_per_s > 0) return node.gflops_per_s;
  const auto found = measured.find(node.name);
  return found == measured.end() ? bundle.stage(node.stage).gflops_per_s : found->second;
}

void AddStages(const Bundle& bundle, Scenario& scenario) {
  const int last = bundle.stage_count();
  for (int h = 1; h <= last; ++h) {
    const BundleStage& stage = bundle.stage(h);
    // Without a profile nobody knows when an exit would fire: every threshold is "never".
    const bool exits = bundle.profile != nullptr && !stage.exit.empty();
    scenario.stages.push_back({.gflops = stage.gflops,
                               .output_bytes = h == last ? 0 : stage.output_bytes,
                               .memory_bytes = stage.memory_bytes,
                               .exit = exits || h == last});
  }
}

void AddLinks(const Fleet& fleet, Scenario& scenario) {
  std::map<std::string, int> parts;
  for (int part = 0; part < scenario.part_count(); ++part) parts[scenario.part_name(part)] = part;
  for (int part = 0; part < scenario.part_count(); ++part) {
    for (const FleetLink& link : fleet.LinksFrom(scenario.part_name(part))) {
      scenario.links.push_back({.from = part,
                                .to = parts[link.to],
                                .mbit_per_s = link.mbit_per_s,
                                .latency_ms = link.latency_ms,
                                .queue = link.mbit_per_s > 0});
    }
  }
}

}  // namespace

std::int64_t InputBytes(const Bundle& bundle) {
  std::int64_t bytes = 0;
  for (const TensorSpec& input : bundle.task_inputs()) {
    std::int64_t row = ElementBytes(input.datatype);
    for (std::size_t axis = 1; axis < input.shape.size(); ++axis) {
      row *= std::max<std::int64_t>(input.shape[axis], 1);
    }
    bytes += row;
  }
  return bytes;
}

Result<Scenario> ScenarioOf(const Fleet& fleet, const Bundle& bundle,
                            const MeasuredSpeeds& measured) {
  OFFRAMP_RETURN_IF_ERROR(CheckFleetFits(fleet, bundle));
  Scenario scenario;
  scenario.path = fleet.path;
  scenario.input_bytes = InputBytes(bundle);
  AddStages(bundle, scenario);
  scenario.profile = bundle.profile;
  scenario.profile_is_sample = true;
  for (const FleetGateway& gateway : fleet.gateways) {
    scenario.devices.push_back({gateway.name, gateway.tasks_per_s});
  }
  for (const FleetNode& node : fleet.nodes) {
    const double gflops_per_s = SpeedOf(node, bundle, measured);
    if (!(gflops_per_s > 0)) {
      return InvalidArgumentError(
          fleet.path + ": node \"" + node.name +
          "\" has no gflops_per_s, and none was measured (`offramp profile` "
          "measures the model's)");
    }
    scenario.nodes.push_back({node.name, node.stage, gflops_per_s});
  }
  AddLinks(fleet, scenario);
  scenario.service = fleet.service;
  if (fleet.service == ServiceLaw::kMeasured) scenario.service_histogram = bundle.service_histogram;
  scenario.period_s = fleet.period_s;
  scenario.objective = fleet.objective;
  scenario.fixed_threshold = fleet.fixed_threshold;
  scenario.tuned = !fleet.fixed_threshold.has_value();
  scenario.policy = fleet.policy;
  return scenario;
}

Result<Problem> ProblemOf(const Fleet& fleet, const Bundle& bundle,
                          const MeasuredSpeeds& measured) {
  OFFRAMP_ASSIGN_OR_RETURN(const Scenario scenario, ScenarioOf(fleet, bundle, measured));
  return ProblemOf(scenario);
}

}  // namespace offramp
