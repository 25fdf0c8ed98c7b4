#include <algorithm>

#include "offramp/base/check.h"
#include "offramp/core/scenario.h"

namespace offramp {

Result<Problem> ProblemOf(const Scenario& scenario) {
  OFFRAMP_RETURN_IF_ERROR(CheckScenario(scenario));
  std::vector<ProblemNode> nodes;
  std::vector<ProblemLink> links;
  nodes.reserve(static_cast<std::size_t>(scenario.part_count()));
  links.reserve(scenario.links.size());
  for (const ScenarioDevice& device : scenario.devices) {
    nodes.push_back({.name = device.name, .arrival_rate_per_s = device.tasks_per_s});
  }
  const double congestion = scenario.congestion();
  for (const ScenarioNode& node : scenario.nodes) {
    nodes.push_back({.name = node.name,
                     .stage = node.stage,
                     .service_rate_per_s = scenario.ServiceRate(node),
                     .congestion = congestion});
  }
  for (const ScenarioLink& link : scenario.links) {
    links.push_back(
        {.from = link.from, .to = link.to, .transfer_s = scenario.TransferSeconds(link)});
  }
  return Problem::Create(std::move(nodes), std::move(links), scenario.profile,
                         scenario.objective.accuracy_weight_s);
}

std::vector<int> ProblemIndex(const Scenario& scenario, const Problem& problem) {
  OFFRAMP_CHECK(problem.node_count() == scenario.part_count(), "the problem of another scenario");
  // Problem keeps the given order within a stage: counting replaces a search by name.
  std::vector<int> next;
  for (int stage = 0; stage <= problem.stages(); ++stage) next.push_back(problem.first_node(stage));
  std::vector<int> index;
  index.reserve(static_cast<std::size_t>(scenario.part_count()));
  for (int part = 0; part < scenario.part_count(); ++part) {
    index.push_back(next[static_cast<std::size_t>(scenario.part_stage(part))]++);
  }
  return index;
}

}  // namespace offramp
