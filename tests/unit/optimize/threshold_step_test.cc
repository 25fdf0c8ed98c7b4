#include "offramp/optimize/threshold_step.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "offramp/optimize/visit_cost.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

constexpr double kFar = 1e9;  // headroom that does not matter

TEST(ThresholdStep, WithoutCurvatureCutsWhereGainTurnsNegative) {
  // Going on costs 0.3 and is right for everybody: worth it where being right here is unlikely.
  const ExitProfile profile({{0.1F, 0.3F, 0.6F, 0.9F}, {}}, {{0, 0, 1, 1}, {1, 1, 1, 1}});
  ThresholdStep step(profile, 1);
  step.Prepare(std::vector<float>{1, 1, 1, 1}, {-0.7F, -0.7F, -0.7F, -0.7F}, 1);
  const OutflowModel free{
      .outflow_per_s = 5, .curvature = 1e-12, .headroom = kFar, .any_distance = true};
  EXPECT_NEAR(step.BestThreshold(free, 10, 0.8), 0.45, 1e-6);
  // Dearer to go on than ever being wrong: everything exits.
  OutflowModel dear = free;
  dear.extra_price_s = 2;
  EXPECT_EQ(step.BestThreshold(dear, 10, 0.8), 0);
}

TEST(ThresholdStep, MovesAtMostAThirdOfTheFlowUnlessItJumps) {
  const auto profile = SyntheticProfile(2, 1, 1000, 3);
  ThresholdStep step(*profile, 1);
  const std::vector<float> mix(1000, 1.0F);
  step.Prepare(mix, std::vector<float>(1000, 5.0F), 1);  // going on is dear: all should exit
  const auto below = [&](double threshold) {
    const std::span<const float> confidence = profile->confidence(1);
    return std::count_if(confidence.begin(), confidence.end(),
                         [&](float c) { return static_cast<double>(c) < threshold; });
  };
  std::vector<float> sorted(profile->confidence(1).begin(), profile->confidence(1).end());
  std::sort(sorted.begin(), sorted.end());
  const auto now = static_cast<double>(sorted[800]);  // 80 % go on
  OutflowModel model{.outflow_per_s = 8, .curvature = 1e-12, .headroom = kFar};
  EXPECT_NEAR(static_cast<double>(below(step.BestThreshold(model, 10, now))), 500, 3);
  model.any_distance = true;
  EXPECT_EQ(step.BestThreshold(model, 10, 0.8), 0);
}

TEST(ThresholdStep, StaysBelowThePole) {
  const auto profile = SyntheticProfile(2, 1, 1000, 3);
  ThresholdStep step(*profile, 1);
  step.Prepare(std::vector<float>(1000, 1.0F), std::vector<float>(1000, -5.0F), 1);
  // All should go on, but the receivers have headroom for one more task a second.
  const OutflowModel model{
      .outflow_per_s = 5, .curvature = 0.1, .headroom = 1, .any_distance = true};
  const double threshold = step.BestThreshold(model, 10, 0.5);
  const std::span<const float> confidence = profile->confidence(1);
  const auto rows = std::count_if(confidence.begin(), confidence.end(),
                                  [&](float c) { return static_cast<double>(c) < threshold; });
  EXPECT_GT(rows, 540);
  EXPECT_LT(rows, 600);
}

TEST(ThresholdStep, PassesARunOfEqualConfidences) {
  // 60 % of the rows share one confidence: more than a step may move, yet both its sides are
  // reached.
  std::vector<float> confidence(100, 0.9F);
  for (std::size_t r = 0; r < 40; ++r) confidence[r] = 0.01F * static_cast<float>(r);
  const ExitProfile profile({confidence, {}},
                            {std::vector<float>(100, 0.0F), std::vector<float>(100, 1.0F)});
  ThresholdStep step(profile, 1);
  step.Prepare(std::vector<float>(100, 1.0F), std::vector<float>(100, -1.0F), 1);
  const OutflowModel model{.outflow_per_s = 40, .curvature = 1e-12, .headroom = kFar};
  const double up = step.BestThreshold(model, 100, 0.8);
  EXPECT_GT(up, 0.9);
  step.Prepare(std::vector<float>(100, 1.0F), std::vector<float>(100, 1.0F), 1);
  const OutflowModel all{.outflow_per_s = 100, .curvature = 1e-12, .headroom = kFar};
  EXPECT_LT(step.BestThreshold(all, 100, up), 0.9);
}

TEST(ThresholdStep, CurveFallsWithConfidenceAndKeepsItsMean) {
  const auto profile = SyntheticProfile(3, 2, 5000, 8);
  AgentMessage message{.stage = 2, .visit_delay_s = {0.05, 0.05}, .thresholds = {0.8}};
  std::vector<float> cost;
  VisitCostRows(message, *profile, 1, cost);
  ThresholdStep step(*profile, 1);
  step.Prepare(std::vector<float>(5000, 1.0F), cost, 1);
  const GainCurve curve = step.Curve();
  ASSERT_EQ(curve.confidence.size(), static_cast<std::size_t>(ThresholdStep::kBins));
  ASSERT_EQ(curve.gain_s.size(), curve.confidence.size());
  EXPECT_TRUE(std::is_sorted(curve.confidence.begin(), curve.confidence.end()));
  EXPECT_TRUE(std::is_sorted(curve.gain_s.rbegin(), curve.gain_s.rend()));
  double mean = 0;
  for (const double gain : curve.gain_s) mean += gain / ThresholdStep::kBins;
  double expected = 0;
  for (std::size_t r = 0; r < 5000; ++r) {
    expected +=
        (-static_cast<double>(profile->correct(1)[r]) - static_cast<double>(cost[r])) / 5000;
  }
  EXPECT_NEAR(mean, expected, 2e-3);
  EXPECT_GT(curve.gain_s.front(), 0) << "the unsure go on";
  EXPECT_LT(curve.gain_s.back(), 0) << "the sure exit";
}

TEST(ThresholdStep, CurveOfFewOrUnevenRowsHasFewerBins) {
  const ExitProfile profile({{0.2F, 0.5F, 0.7F}, {}}, {{0, 1, 1}, {1, 1, 1}});
  ThresholdStep step(profile, 1);
  step.Prepare(std::vector<float>{1, 0, 1}, {0, 0, 0}, 1);
  const GainCurve curve = step.Curve();
  ASSERT_EQ(curve.confidence.size(), 2U);
  EXPECT_NEAR(curve.confidence[0], 0.2, 1e-6);
  EXPECT_NEAR(curve.confidence[1], 0.7, 1e-6);
}

TEST(VisitCost, FollowsEachRowToItsExit) {
  const ExitProfile profile({{}, {0.9F, 0.5F}, {}}, {{}, {1, 0}, {1, 1}});
  const AgentMessage message{.stage = 1, .visit_delay_s = {0.1, 0.2, 0.4}, .thresholds = {2, 0.8}};
  std::vector<float> cost;
  VisitCostRows(message, profile, 2, cost);
  EXPECT_NEAR(cost[0], 0.1 + 0.2 - 2, 1e-6);        // exits at stage 2, rightly
  EXPECT_NEAR(cost[1], 0.1 + 0.2 + 0.4 - 2, 1e-6);  // goes to the end, rightly
}

}  // namespace
}  // namespace offramp
