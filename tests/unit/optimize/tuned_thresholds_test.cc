#include "offramp/optimize/tuned_thresholds.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/strategy.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

const std::vector<std::vector<double>> kF2 = {{120, 80, 40}, {60, 24, 12}, {50, 26}, {46, 14}};

double ObjectiveAt(const Problem& problem, const std::vector<double>& by_stage) {
  Strategy strategy = CapacityStrategy(problem, kNeverExit);
  for (int h = 1; h < problem.stages(); ++h) {
    SetStageThreshold(problem, h, by_stage[static_cast<std::size_t>(h - 1)], strategy);
  }
  Evaluator evaluator;
  return evaluator.Evaluate(problem, strategy).objective_s;
}

TEST(TunedThresholds, BeatEveryCommonSetting) {
  const Problem problem = FleetProblem(2, 120, kF2, 0.003, SyntheticProfile(4, 3, 1000, 5), 1);
  const TunedThresholds tuned = TuneThresholds(problem);
  ASSERT_EQ(tuned.by_stage.size(), 4U);
  EXPECT_TRUE(tuned.feasible);
  EXPECT_EQ(tuned.by_stage[3], kNeverExit);
  EXPECT_NEAR(tuned.objective_s, ObjectiveAt(problem, tuned.by_stage), 1e-12);
  for (const double a : {0.5, 0.7, 0.8, 0.9, 0.98}) {
    for (const double b : {0.5, 0.7, 0.8, 0.9, 0.98}) {
      for (const double c : {0.5, 0.8, 0.98}) {
        EXPECT_LE(tuned.objective_s, ObjectiveAt(problem, {a, b, c, kNeverExit}) + 1e-4);
      }
    }
  }
}

TEST(TunedThresholds, FallWithTheRateAndKeepQueuesStableWhileTheyCan) {
  double first = 3;
  for (const double rate : {40.0, 120.0, 200.0}) {
    const Problem problem = FleetProblem(1, rate, kF2, 0.003, SyntheticProfile(4, 3, 1000, 5), 1);
    const TunedThresholds tuned = TuneThresholds(problem);
    EXPECT_TRUE(tuned.feasible) << rate;
    EXPECT_LE(tuned.by_stage[0], first);
    first = tuned.by_stage[0];
  }
}

TEST(TunedThresholds, OverloadedEverywhereStillGivesUsableOnes) {
  const Problem problem = FleetProblem(1, 900, kF2, 0.003, SyntheticProfile(4, 3, 1000, 5), 1);
  const TunedThresholds tuned = TuneThresholds(problem);
  EXPECT_FALSE(tuned.feasible);
  // The first stage is lost anyway; what follows it is kept within its capacity.
  Strategy strategy = CapacityStrategy(problem, kNeverExit);
  for (int h = 1; h < 4; ++h) {
    SetStageThreshold(problem, h, tuned.by_stage[static_cast<std::size_t>(h - 1)], strategy);
  }
  Evaluator evaluator;
  const Evaluation& e = evaluator.Evaluate(problem, strategy);
  for (int n = problem.first_node(2); n < problem.node_count(); ++n) {
    EXPECT_LT(e.utilization[static_cast<std::size_t>(n)], 1) << n;
  }
}

TEST(TunedThresholds, WithoutExitsThereIsNothingToTune) {
  const Problem problem = FleetProblem(1, 30, {{60}, {60}}, 0.003, nullptr, 1);
  const TunedThresholds tuned = TuneThresholds(problem);
  EXPECT_EQ(tuned.by_stage, (std::vector<double>{kNeverExit, kNeverExit}));
  EXPECT_TRUE(tuned.feasible);
}

}  // namespace
}  // namespace offramp
