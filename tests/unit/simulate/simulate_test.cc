// What every run promises: the same bytes by seed, common draws, sums that add up, bad input told.
#include <limits>

#include <gtest/gtest.h>

#include "offramp/simulate/simulation.h"
#include "tests/unit/simulate/scenarios.h"

namespace offramp {
namespace {

Scenario Busy() {
  Scenario scenario = ExitScenario(14, {{12, 9}, {9, 7}, {6, 3}});
  scenario.changes = {{20, NodeDownChange{1, true}},
                      {25, NodeSpeedChange{4, 4}},
                      {30, NodeDownChange{1, false}},
                      {35, DeviceRateChange{0, 10}}};
  return scenario;
}

SimulateOptions Short(Policy policy, std::uint64_t seed = 1) {
  SimulateOptions options;
  options.policy = policy;
  options.seconds = 50;
  options.seed = seed;
  return options;
}

void ExpectSame(const SimulationResult& a, const SimulationResult& b) {
  EXPECT_EQ(a.mean_delay_s, b.mean_delay_s);
  EXPECT_EQ(a.delay_quantile_s, b.delay_quantile_s);
  EXPECT_EQ(a.exit_share, b.exit_share);
  EXPECT_EQ(a.utilization, b.utilization);
  EXPECT_EQ(a.series.t_s, b.series.t_s);
  EXPECT_EQ(a.link_flow_per_s, b.link_flow_per_s);
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.simulated_s, b.simulated_s);
}

TEST(SimulateTest, TheSameSeedGivesTheSameRunAndAnotherAnother) {
  for (const Policy policy : {Policy::kDtoEe, Policy::kPeakEwma, Policy::kComputingFirst}) {
    const SimulationResult once = Simulate(Busy(), Short(policy)).value();
    ExpectSame(once, Simulate(Busy(), Short(policy)).value());
    EXPECT_NE(once.mean_delay_s, Simulate(Busy(), Short(policy, 2)).value().mean_delay_s);
  }
}

TEST(SimulateTest, ThresholdsMayBeGivenByStage) {
  for (const Policy policy : {Policy::kNash, Policy::kPeakEwma, Policy::kBandwidthFirst}) {
    SimulateOptions options = Short(policy);
    options.thresholds.fixed = 0.6;
    const SimulationResult fixed = Simulate(Busy(), options).value();
    options.thresholds = {.by_stage = {0.6, 0.6}};
    ExpectSame(fixed, Simulate(Busy(), options).value());
    options.thresholds.by_stage = {0, 0.6};
    EXPECT_EQ(Simulate(Busy(), options).value().exit_share.at(1), 1);
  }
  SimulateOptions options = Short(Policy::kPeakEwma);
  options.thresholds.by_stage = {0.6};
  EXPECT_FALSE(Simulate(Busy(), options).ok());
  options.thresholds.by_stage = {0.6, -1};
  EXPECT_FALSE(Simulate(Busy(), options).ok());
}

TEST(SimulateTest, TheWarmUpIsCounted) {
  SimulateOptions options = Short(Policy::kComputingFirst);
  options.warmup_s = 0;
  const SimulationResult all = Simulate(Busy(), options).value();
  EXPECT_EQ(all.before, 0);
  options.warmup_s = 10;
  const SimulationResult some = Simulate(Busy(), options).value();
  EXPECT_GT(some.before, 0);
  EXPECT_EQ(some.before + some.generated, all.generated);
}

TEST(SimulateTest, ARunDoesNotDependOnThatOfAnother) {
  SimulateOptions options = Short(Policy::kDtoEe);
  options.seconds = 200;  // long enough to be asked for progress
  const SimulationResult alone = Simulate(Busy(), options).value();
  SimulationResult inner;
  const SimulateOptions same = options;
  options.progress = [&inner, &same](double) {
    if (inner.events == 0) inner = Simulate(Busy(), same).value();
  };
  ExpectSame(alone, Simulate(Busy(), options).value());
  ExpectSame(alone, inner);
}

// One stage, one node: the policy decides nothing, so all of them must agree to the last bit.
TEST(SimulateTest, PoliciesSeeTheSameArrivalsRowsAndServices) {
  const Scenario scenario = PlainScenario(5, {{10}});
  const SimulationResult fixed = Simulate(scenario, Short(Policy::kComputingFirst)).value();
  for (const Policy policy : {Policy::kDtoEe, Policy::kRoundRobin, Policy::kPeakEwma}) {
    const SimulationResult other = Simulate(scenario, Short(policy)).value();
    EXPECT_EQ(other.generated, fixed.generated);
    EXPECT_EQ(other.mean_delay_s, fixed.mean_delay_s);
    EXPECT_EQ(other.delay_quantile_s, fixed.delay_quantile_s);
  }
}

TEST(SimulateTest, SumsAddUp) {
  const SimulationResult result =
      Simulate(Busy(), Short(Policy::kWeightedLeastOutstanding)).value();
  EXPECT_EQ(result.generated, result.finished + result.refused + result.lost);
  double share = 0;
  for (const auto& [stage, part] : result.exit_share) share += part;
  EXPECT_NEAR(share, 1, 1e-12);
  EXPECT_LE(result.mean_ci95_s[0], result.mean_delay_s);
  EXPECT_GE(result.mean_ci95_s[1], result.mean_delay_s);
  EXPECT_LE(result.p50_s, result.p95_s);
  EXPECT_LE(result.p95_s, result.p99_s);
  EXPECT_EQ(result.series.t_s.front(), 5);  // nothing of the warm-up
  EXPECT_EQ(result.series.t_s.back(), 49);
  for (const double threshold : result.series.threshold) EXPECT_DOUBLE_EQ(threshold, 0.8);
}

TEST(SimulateTest, TasksCountsThoseAfterTheWarmUp) {
  SimulateOptions options = Short(Policy::kRoundRobin);
  options.tasks = 1000;
  const SimulationResult result = Simulate(PlainScenario(5, {{10}}), options).value();
  EXPECT_EQ(result.generated, 1000);
  EXPECT_EQ(result.finished, 1000);
  EXPECT_NEAR(result.series.t_s.front(), 22, 1);  // a tenth of 1111 tasks at 5 / s
}

TEST(SimulateTest, StopEndsWithWhatIsDone) {
  SimulateOptions options = Short(Policy::kComputingFirst);
  options.seconds = 1e5;
  options.warmup_s = 0;
  double seen = -1;
  int calls = 0;
  options.progress = [&](double share) {
    EXPECT_GE(share, seen);
    seen = share;
  };
  options.stop = [&calls] { return ++calls == 3; };
  const SimulationResult result = Simulate(PlainScenario(5, {{10}}), options).value();
  EXPECT_TRUE(result.interrupted);
  EXPECT_GT(result.finished, 1000);
  EXPECT_NEAR(result.utilization[0], 0.5, 0.05);
  EXPECT_LT(result.simulated_s, 1e5);
}

TEST(SimulateTest, AnUnstableSystemIsTold) {
  SimulateOptions options = Short(Policy::kComputingFirst);
  options.seconds = 300;
  const SimulationResult result = Simulate(PlainScenario(20, {{10}}), options).value();
  EXPECT_EQ(result.utilization[0], 1);
  std::string all;
  for (const std::string& warning : result.warnings) all += warning + "\n";
  EXPECT_NE(all.find("unstable"), std::string::npos) << all;
  EXPECT_NE(all.find("the most s1-0"), std::string::npos) << all;
}

TEST(SimulateTest, ARunWithChangesIsNotJudgedAsASteadyState) {
  const SimulationResult result = Simulate(Busy(), Short(Policy::kRoundRobin)).value();
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_NE(result.warnings[0].find("changes during the run"), std::string::npos);
  Scenario later = ExitScenario(6, {{12, 9}, {9, 7}, {6, 3}});
  later.changes = {{1000, NodeDownChange{1, true}}};
  const SimulationResult calm = Simulate(later, Short(Policy::kRoundRobin)).value();
  for (const std::string& warning : calm.warnings) {
    EXPECT_EQ(warning.find("changes during the run"), std::string::npos);
  }
}

TEST(SimulateTest, WhatMakesNoSenseIsRefused) {
  const Scenario scenario = PlainScenario(5, {{10}});
  const auto why = [&scenario](auto change) {
    SimulateOptions options = Short(Policy::kComputingFirst);
    change(options);
    const auto result = Simulate(scenario, options);
    return result.ok() ? std::string("fine") : result.status().message();
  };
  static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(why([](SimulateOptions& o) { o.seconds = kNan; }).find("seconds"), std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.seconds = 0; }).find("seconds"), std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.seconds = 1e8; }).find("100000000"), std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.tasks = 0; }).find("tasks"), std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.tasks = 1'000'000'000'000; }).find("100000000"),
            std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.warmup_s = 50; }).find("warmup"), std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.warmup_s = kNan; }).find("warmup"), std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.thresholds.fixed = kNan; }).find("thresholds"),
            std::string::npos);
  EXPECT_NE(why([](SimulateOptions& o) { o.start = Strategy{}; }), "fine");

  Scenario silent = scenario;
  silent.devices[0].tasks_per_s = 0;
  SimulateOptions options = Short(Policy::kComputingFirst);
  options.tasks = 10;
  EXPECT_FALSE(Simulate(silent, options).ok());
  options.tasks.reset();
  EXPECT_EQ(Simulate(silent, options).value().generated, 0);
}

}  // namespace
}  // namespace offramp
