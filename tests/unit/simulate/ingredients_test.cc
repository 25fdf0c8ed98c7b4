// Each ingredient of the live rule can be switched off in a simulation, and then does nothing.
#include <gtest/gtest.h>

#include "offramp/simulate/simulation.h"
#include "tests/unit/simulate/scenarios.h"

namespace offramp {
namespace {

// Two sources of 55 tasks/s; in the middle a node of the second stage falls to a quarter of its
// speed, so that prices and loads reach their caps.
Scenario TwoSourcesAndASlowNode() {
  Scenario scenario = ExitScenario(55, {{120, 80, 40}, {60, 24, 12}, {50, 26}});
  scenario.service = ServiceLaw::kDeterministic;
  const Scenario one = scenario;
  scenario.devices.push_back({"d1", 55});
  scenario.links.clear();
  for (const ScenarioLink& link : one.links) {
    const int from = link.from == 0 ? 0 : link.from + 1;
    scenario.links.push_back({.from = from, .to = link.to + 1});
    if (from == 0) scenario.links.push_back({.from = 1, .to = link.to + 1});
  }
  for (ScenarioLink& link : scenario.links) {
    link.mbit_per_s = 100;
    link.latency_ms = 2;
  }
  scenario.objective.accuracy_weight_s = 0.6;
  scenario.changes = {{8, NodeSpeedChange{5, 15}}, {16, NodeSpeedChange{5, 60}}};
  return scenario;
}

SimulationResult RunWith(const LiveRule& rule) {
  SimulateOptions options;
  options.seconds = 24;
  options.rule = rule;
  return Simulate(TwoSourcesAndASlowNode(), options).value();
}

TEST(IngredientsTest, EachMattersAndNoneIsNeededToRun) {
  const SimulationResult whole = RunWith({});
  for (const std::string& name : IngredientNames()) {
    LiveRule rule;
    ASSERT_TRUE(SwitchOff(name, rule));
    const SimulationResult without = RunWith(rule);
    EXPECT_EQ(without.generated, whole.generated);
    EXPECT_EQ(without.finished, whole.generated) << name;
    EXPECT_NE(without.mean_delay_s, whole.mean_delay_s) << name;
  }
}

TEST(IngredientsTest, WithoutReportsNobodyReportsInBetween) {
  EXPECT_LT(RunWith({.reports = false}).events, RunWith({}).events - 24 / 0.02);
}

// Thresholds that follow queues move within a round; the agents' move once a round.
TEST(IngredientsTest, PlainExitsStillAdapt) {
  const SimulationResult plain = RunWith({.queue_aware_exits = false});
  const auto mean = [&](int from, int to) {
    double sum = 0;
    for (int bin = from; bin < to; ++bin) {
      sum += plain.series.threshold[static_cast<std::size_t>(bin)];
    }
    return sum / (to - from);
  };
  ASSERT_GE(plain.series.threshold.size(), 16U);
  EXPECT_LT(mean(10, 15), mean(4, 8));
}

TEST(IngredientsTest, OtherPoliciesDoNotCare) {
  const auto run = [](const LiveRule& rule) {
    SimulateOptions options;
    options.seconds = 10;
    options.policy = Policy::kPeakEwma;
    options.rule = rule;
    return Simulate(TwoSourcesAndASlowNode(), options).value().mean_delay_s;
  };
  EXPECT_EQ(run({}), run({.externality = false, .deficits = false, .unseen = false}));
}

}  // namespace
}  // namespace offramp
