#include "offramp/placement/fleet_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "offramp/base/text.h"

namespace offramp {

namespace {

// The shortest text that reads as the same value.
std::string Number(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

// Text in single quotes: a path may be anything.
std::string Word(const std::string& word) { return "'" + Join(Split(word, '\''), "''") + "'"; }

std::string ObjectiveText(const Objective& objective) {
  if (objective.min_accuracy) return "min_accuracy: " + Number(*objective.min_accuracy);
  if (objective.max_mean_delay_s) return "max_mean_delay_s: " + Number(*objective.max_mean_delay_s);
  return "accuracy_weight_s: " + Number(objective.accuracy_weight_s);
}

// Of the threads of its machine, a part as large as that of the speed.
int ThreadsOf(const Machine& machine, double gflops_per_s) {
  if (machine.threads < 1) return 1;
  const double part = machine.threads * gflops_per_s / machine.gflops_per_s;
  return std::clamp(static_cast<int>(std::lround(part)), 1, std::min(machine.threads, 256));
}

}  // namespace

std::string FleetText(const PlacementTask& task, const PlacedPlan& placed,
                      const FleetTextOptions& options) {
  const Scenario& scenario = placed.scenario;
  std::string text;
  for (const std::string& remark : options.remarks) text += "# " + remark + "\n";
  text += "version: 1\nmodel: {bundle: " + Word(options.bundle) + "}\n";
  text += "objective: {" + ObjectiveText(task.objective()) + "}\n";
  if (task.machines().service == ServiceLaw::kExponential) text += "service: exponential\n";
  if (task.machines().service == ServiceLaw::kMeasured) text += "service: measured\n";
  if (task.machines().deadline_ms) {
    text += "deadline_ms: " + Number(*task.machines().deadline_ms) + "\n";
  }
  text += "gateways:\n";
  for (const MachineSource& source : task.machines().sources) {
    text += "  - {name: " + source.name +
            ", http: \"127.0.0.1:0\", grpc: \"127.0.0.1:0\", tasks_per_s: " +
            Number(source.tasks_per_s) + "}\n";
  }
  text += "nodes:\n";
  std::size_t node = 0;
  for (int stage = 1; stage <= placed.placement.stage_count(); ++stage) {
    for (const int m : placed.placement.on(stage)) {
      const ScenarioNode& placed_node = scenario.nodes[node++];
      const int threads = ThreadsOf(task.machine(m), placed_node.gflops_per_s);
      text += "  - {name: " + placed_node.name + Format(", stage: %d", stage) +
              ", machine: " + task.machine(m).name +
              ", listen: \"127.0.0.1:0\", gflops_per_s: " + Number(placed_node.gflops_per_s) +
              (threads > 1 ? Format(", threads: %d", threads) : "") + "}\n";
    }
  }
  text += "links:\n";
  for (const ScenarioLink& link : scenario.links) {
    text += "  - {from: " + scenario.part_name(link.from) + ", to: " + scenario.part_name(link.to);
    if (link.mbit_per_s > 0) text += ", mbit_per_s: " + Number(link.mbit_per_s);
    if (link.latency_ms > 0) text += ", latency_ms: " + Number(link.latency_ms);
    text += "}\n";
  }
  return text;
}

}  // namespace offramp
