// A plan; then plans for the same network without each of its nodes, and for more load, the latter
// beside a simulation of the live policy: what_if SCENARIO
#include <cstdio>
#include <string>
#include <vector>

#include "offramp/files/scenario_file.h"
#include "offramp/optimize/plan.h"
#include "offramp/simulate/simulation.h"

using namespace offramp;

Result<Plan> PlanFor(const Scenario& scenario) {
  OFFRAMP_ASSIGN_OR_RETURN(const Problem problem, ProblemOf(scenario));
  PlanOptions options;
  options.objective = scenario.objective;
  return MakePlan(problem, options);
}

// The scenario without one of its nodes. Links name parts by index: devices first, then nodes.
Scenario Without(Scenario scenario, std::size_t node) {
  const int gone = static_cast<int>(scenario.devices.size() + node);
  scenario.nodes.erase(scenario.nodes.begin() + static_cast<std::ptrdiff_t>(node));
  std::vector<ScenarioLink> links;
  for (ScenarioLink link : scenario.links) {
    if (link.from == gone || link.to == gone) continue;
    link.from -= link.from > gone ? 1 : 0;
    link.to -= link.to > gone ? 1 : 0;
    links.push_back(link);
  }
  scenario.links = links;
  return scenario;
}

void Show(const std::string& what, const Result<Plan>& plan) {
  if (plan.ok()) {
    std::printf("%-14s  %8.1f  %6.2f  %5.2f", what.c_str(), plan->predicted.mean_delay_s * 1e3,
                plan->predicted.accuracy * 100, plan->predicted.max_utilization);
  } else {
    std::printf("%-14s  %s", what.c_str(), plan.status().message().c_str());
  }
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: what_if SCENARIO\n", stderr), 2;
  const Result<Scenario> scenario = ReadScenario(argv[1]);
  if (!scenario.ok()) return std::fprintf(stderr, "%s\n", scenario.status().message().c_str()), 2;

  std::printf("WHAT IF          MEAN MS   ACC %%  UTIL  SIMULATED MS\n");
  Show("nothing", PlanFor(*scenario));
  std::printf("\n");
  for (std::size_t node = 0; node < scenario->nodes.size(); ++node) {
    Show(scenario->nodes[node].name + " down", PlanFor(Without(*scenario, node)));
    std::printf("\n");
  }
  for (const double load : {0.5, 0.75, 1.25}) {
    Scenario loaded = *scenario;
    for (ScenarioDevice& device : loaded.devices) device.tasks_per_s *= load;
    SimulateOptions options;
    options.seconds = 200;
    const Result<SimulationResult> simulated = Simulate(loaded, options);
    if (!simulated.ok()) return 1;
    char what[32];
    std::snprintf(what, sizeof what, "load x %.2f", load);
    Show(what, PlanFor(loaded));
    std::printf("  %12.1f\n", simulated->mean_delay_s * 1e3);
  }
  return 0;
}
