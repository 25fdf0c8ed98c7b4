// At rest, live agents do at least as well as the plan that they start from, kept as it is: fixed
// shares drawn at random, fixed thresholds. Delay and accuracy are weighed as the objective weighs
// them; correctness is by probability, so that nobody is judged on rows that were lucky when
// thresholds were chosen (decision 15). Prints the figures.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/optimize/generate_scenario.h"
#include "offramp/optimize/plan.h"
#include "offramp/optimize/reliability.h"
#include "offramp/simulate/simulation.h"

namespace offramp {
namespace {

struct Outcome {
  double delay_s = 0;
  double accuracy = 0;
};

Outcome Run(const Scenario& scenario, Policy policy, const Strategy& start, std::uint64_t seed) {
  SimulateOptions options;
  options.policy = policy;
  options.start = start;
  options.seconds = 60;
  options.warmup_s = 10;
  options.seed = seed;
  const SimulationResult result = Simulate(scenario, options).value();
  return {result.mean_delay_s, result.accuracy};
}

// The mean over seeds of what the live agents' objective is worse by, in parts of the plan's delay.
double Compare(const std::string& name, const std::vector<Scenario>& scenarios) {
  double worse = 0;
  double worst = -1;
  Outcome planned;
  Outcome lived;
  const auto count = static_cast<double>(scenarios.size());
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const Scenario& scenario = scenarios[i];
    PlanOptions options;
    options.objective = scenario.objective;
    options.certificate = false;
    options.restarts = 0;
    const Plan plan = MakePlan(ProblemOf(scenario).value(), options).value();
    const Outcome fixed = Run(scenario, Policy::kOptimum, plan.strategy, i + 1);
    const Outcome live = Run(scenario, Policy::kDtoEe, plan.strategy, i + 1);
    const double a = scenario.objective.accuracy_weight_s;
    const double by =
        (live.delay_s - fixed.delay_s - a * (live.accuracy - fixed.accuracy)) / fixed.delay_s;
    worse += by / count;
    worst = std::max(worst, by);
    planned.delay_s += fixed.delay_s / count;
    planned.accuracy += fixed.accuracy / count;
    lived.delay_s += live.delay_s / count;
    lived.accuracy += live.accuracy / count;
  }
  std::printf(
      "%-24s plan kept %6.1f ms %5.2f %%, live %6.1f ms %5.2f %%: objective %+5.1f %% of the "
      "delay, worst seed %+5.1f %%\n",
      name.c_str(), 1e3 * planned.delay_s, 100 * planned.accuracy, 1e3 * lived.delay_s,
      100 * lived.accuracy, 100 * worse, 100 * worst);
  return worse;
}

// 50 devices of about a task a second each, 18 nodes, exponential service.
std::vector<Scenario> ManyDevices(double load) {
  std::vector<Scenario> scenarios;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    GeneratorOptions options;
    options.seed = seed;
    options.load = load;
    scenarios.push_back(GenerateScenario(options).value());
    scenarios.back().profile = WithExpectedCorrectness(scenarios.back().profile);
  }
  return scenarios;
}

// Fleet F2 of dispatch.md behind four gateways, deterministic service, several seeds of arrivals.
std::vector<Scenario> DemoFleet(double rate_per_s) {
  Scenario fleet;
  fleet.path = "F2";
  fleet.input_bytes = 784;
  fleet.profile =
      WithExpectedCorrectness(SyntheticProfile(std::vector<bool>{true, true, true, true}, 2000, 7));
  fleet.service = ServiceLaw::kDeterministic;
  fleet.objective.accuracy_weight_s = 1;
  for (int i = 0; i < 4; ++i) fleet.devices.push_back({"gw" + std::to_string(i), rate_per_s / 4});
  int stage = 0;
  for (const std::vector<double>& speeds :
       std::vector<std::vector<double>>{{120, 80, 40}, {60, 24, 12}, {50, 26}, {46, 14}}) {
    ++stage;
    fleet.stages.push_back({.gflops = 1, .output_bytes = stage < 4 ? 4000 : 0, .exit = true});
    for (const double speed : speeds) {
      fleet.nodes.push_back({"n" + std::to_string(fleet.nodes.size()), stage, speed});
    }
  }
  for (int from = 0; from < fleet.part_count(); ++from) {
    for (int to = 0; to < fleet.part_count(); ++to) {
      if (fleet.part_stage(to) != fleet.part_stage(from) + 1) continue;
      fleet.links.push_back({.from = from,
                             .to = to,
                             .mbit_per_s = 100,
                             .latency_ms = 1.0 + (from * 7 + to * 3) % 5,
                             .queue = true});
    }
  }
  return std::vector<Scenario>(3, fleet);
}

TEST(SteadyTest, ManySlowDevicesDoNotChaseTheirNoise) {
  EXPECT_LT(Compare("50 devices, load 0.5", ManyDevices(0.5)), 0.02);
  EXPECT_LT(Compare("50 devices, load 0.7", ManyDevices(0.7)), -0.05);
  EXPECT_LT(Compare("50 devices, load 0.85", ManyDevices(0.85)), -0.2);
}

TEST(SteadyTest, AFleetBehindGatewaysGainsFromItsQueues) {
  EXPECT_LT(Compare("demo fleet, 40 tasks/s", DemoFleet(40)), 0.02);
  EXPECT_LT(Compare("demo fleet, 80 tasks/s", DemoFleet(80)), 0);
  EXPECT_LT(Compare("demo fleet, 150 tasks/s", DemoFleet(150)), -0.05);
}

std::int64_t Refused(const Scenario& scenario, double times, double& delay_s) {
  Scenario busier = scenario;
  for (ScenarioDevice& device : busier.devices) device.tasks_per_s *= times;
  SimulateOptions options;
  options.admission = true;
  options.seconds = 60;
  options.warmup_s = 10;
  const SimulationResult result = Simulate(busier, options).value();
  delay_s = result.mean_delay_s;
  return result.refused;
}

TEST(SteadyTest, AdmissionLeavesStableNetworksAloneAndBoundsQueuesOfOthers) {
  for (const double load : {0.85, 0.92}) {
    for (const Scenario& scenario : ManyDevices(load)) {
      double delay_s = 0;
      EXPECT_EQ(Refused(scenario, 1, delay_s), 0) << "load " << load;
    }
  }
  for (const Scenario& scenario : ManyDevices(0.85)) {
    double delay_s = 0;
    const std::int64_t refused = Refused(scenario, 2, delay_s);
    EXPECT_GT(refused, 500);
    EXPECT_LT(delay_s, 4);
  }
}

}  // namespace
}  // namespace offramp
