// Policies that live on what senders see: they order as the study found, and objectives are
// steered.
#include <gtest/gtest.h>

#include "offramp/simulate/simulation.h"
#include "tests/unit/simulate/scenarios.h"

namespace offramp {
namespace {

// Fleet F2 of the study in tasks/s by stage, one source.
Scenario FleetF2(double rate) {
  Scenario scenario = ExitScenario(rate, {{120, 80, 40}, {60, 24, 12}, {50, 26}, {46, 14}});
  scenario.service = ServiceLaw::kDeterministic;
  for (ScenarioLink& link : scenario.links) {
    link.mbit_per_s = 100;
    link.latency_ms = 2;
  }
  scenario.objective.accuracy_weight_s = 0.3;
  return scenario;
}

double DelayOf(const Scenario& scenario, Policy policy, std::uint64_t seed = 1) {
  SimulateOptions options;
  options.policy = policy;
  options.seed = seed;
  options.seconds = 60;
  options.thresholds.fixed = 0.4;
  return Simulate(scenario, options).value().mean_delay_s;
}

TEST(LivePoliciesTest, WhoLooksAtQueuesBeatsWhoDoesNot) {
  const Scenario scenario = FleetF2(100);
  const double weighted = DelayOf(scenario, Policy::kWeightedLeastOutstanding);
  EXPECT_LT(weighted, 0.9 * DelayOf(scenario, Policy::kComputingFirst));
  EXPECT_LT(weighted, DelayOf(scenario, Policy::kRoundRobin));
  EXPECT_LT(DelayOf(scenario, Policy::kPowerOfTwo), DelayOf(scenario, Policy::kRoundRobin));
}

TEST(LivePoliciesTest, ExponentialServersJoinTheShortestQueue) {
  // Two equal servers, least outstanding with acknowledgements at once: join the shortest queue,
  // ties at random. Its mean delay lies between that of one server twice as fast, doubled service
  // (M/M/2), and random splitting.
  const Scenario scenario = PlainScenario(14, {{10, 10}});
  SimulateOptions options;
  options.policy = Policy::kLeastOutstanding;
  options.tasks = 200'000;
  const SimulationResult result = Simulate(scenario, options).value();
  const double rho = 0.7;
  const double mm2_s = 0.1 / (1 - rho * rho);
  const double random_s = 0.1 / (1 - rho);
  EXPECT_GT(result.mean_delay_s, mm2_s);
  EXPECT_LT(result.mean_delay_s, 1.25 * mm2_s);
  EXPECT_LT(result.mean_delay_s, random_s);
  EXPECT_EQ(result.refused, 0);
}

TEST(LivePoliciesTest, WithAdmissionAnOverloadedSystemRefusesWhatItCannotCarry) {
  SimulateOptions options;
  options.tasks = 60'000;
  options.policy = Policy::kDtoEe;
  options.admission = true;
  const SimulationResult calm = Simulate(PlainScenario(60, {{50, 50}}), options).value();
  EXPECT_EQ(calm.refused, 0);
  const SimulationResult over = Simulate(PlainScenario(30, {{10, 10}}), options).value();
  EXPECT_NEAR(static_cast<double>(over.refused) / static_cast<double>(over.generated),
              1 - 0.95 * 20 / 30, 0.06);
  EXPECT_LT(over.mean_delay_s, 10);
}

TEST(LivePoliciesTest, DtoEeIsNoWorseThanItsPlanByShares) {
  const Scenario scenario = FleetF2(100);
  SimulateOptions options;
  options.seconds = 120;
  const SimulationResult ours = Simulate(scenario, options).value();
  options.policy = Policy::kOptimum;
  const SimulationResult plan = Simulate(scenario, options).value();
  const auto objective = [](const SimulationResult& result) {
    return result.mean_delay_s - 0.3 * result.accuracy;
  };
  EXPECT_LT(objective(ours), objective(plan));
}

TEST(LivePoliciesTest, AFloorAndACeilingAreSteeredTo) {
  SimulateOptions options;
  options.seconds = 200;
  options.warmup_s = 80;
  Scenario scenario = FleetF2(100);
  // Exits 1 to 3 are right in 70, 80 and 90 % of the rows, the last always.
  scenario.objective = {.min_accuracy = 0.8};
  const SimulationResult floor = Simulate(scenario, options).value();
  EXPECT_NEAR(floor.accuracy, 0.8, 0.01);
  EXPECT_TRUE(floor.objective_met);
  scenario.objective = {.max_mean_delay_s = 0.06};
  const SimulationResult ceiling = Simulate(scenario, options).value();
  EXPECT_NEAR(ceiling.mean_delay_s, 0.06, 0.006);
  EXPECT_TRUE(ceiling.objective_met);
}

}  // namespace
}  // namespace offramp
