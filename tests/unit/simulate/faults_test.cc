// Deaths, returns and changes while tasks are under way.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "offramp/simulate/simulation.h"
#include "tests/unit/simulate/scenarios.h"

namespace offramp {
namespace {

double MeanOf(const std::vector<double>& series, double first_s, int from_s, int to_s) {
  double sum = 0;
  int count = 0;
  for (int t = from_s; t < to_s; ++t) {
    const double value = series[static_cast<std::size_t>(t - static_cast<int>(first_s))];
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return sum / count;
}

SimulateOptions For(double seconds, Policy policy) {
  SimulateOptions options;
  options.policy = policy;
  options.seconds = seconds;
  options.warmup_s = 0;
  return options;
}

class EveryPolicy : public testing::TestWithParam<Policy> {};
INSTANTIATE_TEST_SUITE_P(Policies, EveryPolicy,
                         testing::Values(Policy::kDtoEe, Policy::kRoundRobin,
                                         Policy::kLeastOutstanding,
                                         Policy::kWeightedLeastOutstanding, Policy::kPowerOfTwo,
                                         Policy::kPeakEwma, Policy::kComputingFirst,
                                         Policy::kBandwidthFirst, Policy::kNoExit),
                         [](const auto& param) {
                           std::string name(PolicyName(param.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(EveryPolicy, TasksOfADeadNodeAreSentAnewAfterDetection) {
  Scenario scenario = ExitScenario(12, {{20, 20}, {20, 20}});
  scenario.changes = {{30, NodeDownChange{1, true}}, {60, NodeDownChange{1, false}}};
  const SimulationResult result = Simulate(scenario, For(90, GetParam())).value();
  EXPECT_EQ(result.lost, 0);
  EXPECT_EQ(result.finished + result.refused, result.generated);
  EXPECT_GE(result.resent, 1);  // arrivals in 0.3 s, and what was there
  EXPECT_LE(result.resent, 40);
  // Half the arrivals of two thirds of the time: fewer than the other's by far.
  EXPECT_LT(result.arrival_rate_per_s[0], 0.7 * result.arrival_rate_per_s[1]);
  EXPECT_GT(result.arrival_rate_per_s[0], 0.25 * result.arrival_rate_per_s[1]);
}

TEST_P(EveryPolicy, TasksWaitWhileAStageHasNoLiveNode) {
  Scenario scenario = ExitScenario(5, {{20}, {20}});
  scenario.changes = {{10, NodeDownChange{2, true}}, {14, NodeDownChange{2, false}}};
  const SimulationResult result = Simulate(scenario, For(30, GetParam())).value();
  EXPECT_EQ(result.lost, 0);
  // What had waited comes at once: the devices may take it for an overload, for a moment.
  EXPECT_EQ(result.finished + result.refused, result.generated);
  EXPECT_LE(result.refused, 10);
  const double longest_s = result.delay_quantile_s.at(100);
  EXPECT_GT(longest_s, 2);
  EXPECT_LT(longest_s, 9);
}

TEST_P(EveryPolicy, WhatNobodyEverTakesIsLost) {
  Scenario scenario = PlainScenario(5, {{20}});
  scenario.changes = {{10, NodeDownChange{1, true}}};
  const SimulationResult result = Simulate(scenario, For(20, GetParam())).value();
  EXPECT_GT(result.lost, 20);
  EXPECT_EQ(result.finished + result.lost, result.generated);
}

TEST(FaultsTest, ATaskThatDiedWithItsNodeWaitsForTheDetection) {
  Scenario scenario = PlainScenario(0, {{1, 1}});  // a second each
  scenario.service = ServiceLaw::kDeterministic;
  scenario.devices[0].tasks_per_s = 1.2;
  scenario.changes = {{10, NodeDownChange{1, true}}};
  const SimulationResult result = Simulate(scenario, For(20, Policy::kRoundRobin)).value();
  ASSERT_GT(result.resent, 0);
  EXPECT_GT(result.delay_quantile_s.at(100), 1.3);
}

TEST(FaultsTest, ASlowedNodeFinishesItsTaskAtTheNewSpeed) {
  Scenario scenario = PlainScenario(0, {{1}});
  scenario.service = ServiceLaw::kDeterministic;
  scenario.changes = {{10, DeviceRateChange{0, 1e6}},
                      {10.00001, DeviceRateChange{0, 0}},
                      {10.5, NodeSpeedChange{1, 0.25}}};
  const SimulationResult result = Simulate(scenario, For(20, Policy::kRoundRobin)).value();
  ASSERT_GE(result.finished, 2);
  // Half of the first at 1/s, the rest at 1/4 per second.
  EXPECT_NEAR(result.delay_quantile_s.at(0), 0.5 + 0.5 * 4, 1e-4);
}

TEST(FaultsTest, RatesAndLinksChange) {
  Scenario scenario = PlainScenario(10, {{1000}});
  scenario.links[0].mbit_per_s = 8;  // 1 ms
  scenario.changes = {{20, DeviceRateChange{0, 40}}, {40, LinkRateChange{0, 0.08}}};
  for (const Policy policy : {Policy::kComputingFirst, Policy::kRoundRobin}) {
    const SimulationResult result = Simulate(scenario, For(60, policy)).value();
    EXPECT_NEAR(static_cast<double>(result.generated), 10 * 20 + 40 * 40, 200);
    EXPECT_NEAR(MeanOf(result.series.delay_s, 0, 5, 38), 0.002, 3e-4);
    EXPECT_NEAR(MeanOf(result.series.delay_s, 0, 42, 60), 0.101, 2e-3);
  }
}

TEST(FaultsTest, ANodeWithoutAWayOnIsAvoided) {
  // s1-0 reaches only s2-0, s1-1 only s2-1.
  Scenario scenario = PlainScenario(10, {{30, 30}, {30, 30}});
  std::erase_if(scenario.links, [](const ScenarioLink& link) {
    return (link.from == 1 && link.to == 4) || (link.from == 2 && link.to == 3);
  });
  scenario.changes = {{10, NodeDownChange{3, true}}};
  const SimulationResult result = Simulate(scenario, For(60, Policy::kLeastOutstanding)).value();
  EXPECT_LE(result.lost, 8);  // those that sat at s1-0 when its only way went
  EXPECT_GT(result.arrival_rate_per_s[1], 4 * result.arrival_rate_per_s[0]);
}

TEST(FaultsTest, DtoEeLeavesANodeThatSlowsAndLowersThresholds) {
  Scenario scenario = ExitScenario(30, {{60}, {30, 30}});
  scenario.objective.accuracy_weight_s = 1;
  scenario.changes = {{60, NodeSpeedChange{2, 7.5}}};
  const SimulationResult result = Simulate(scenario, For(120, Policy::kDtoEe)).value();
  EXPECT_LT(MeanOf(result.series.delay_s, 0, 65, 120),
            3 * MeanOf(result.series.delay_s, 0, 10, 60));
  EXPECT_LT(result.arrival_rate_per_s[1], 0.75 * result.arrival_rate_per_s[2]);
  EXPECT_LE(MeanOf(result.series.threshold, 0, 65, 120),
            MeanOf(result.series.threshold, 0, 10, 60));
}

}  // namespace
}  // namespace offramp
