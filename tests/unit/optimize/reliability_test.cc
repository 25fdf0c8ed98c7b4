// Correctness as a probability by confidence.
#include "offramp/optimize/reliability.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

TEST(ReliabilityTest, IsTheNearestNonDecreasingFunction) {
  const std::vector<float> confidence = {0.9F, 0.1F, 0.5F, 0.6F, 0.95F};
  const std::vector<float> correct = {1, 0, 1, 0, 1};
  const Reliability reliability(confidence, correct);
  EXPECT_DOUBLE_EQ(reliability.At(0.1), 0);
  EXPECT_DOUBLE_EQ(reliability.At(0.5), 0.5) << "0.5 was right and 0.6 wrong: pooled";
  EXPECT_DOUBLE_EQ(reliability.At(0.7), 0.5);
  EXPECT_DOUBLE_EQ(reliability.At(0.9), 1);
  EXPECT_DOUBLE_EQ(reliability.At(0), 0) << "below all rows: as the least of them";
  EXPECT_DOUBLE_EQ(reliability.At(1), 1);
}

TEST(ReliabilityTest, RowsOfOneConfidenceAreOneStep) {
  const std::vector<float> confidence = {0.5F, 0.5F, 0.5F, 0.5F};
  const std::vector<float> correct = {0, 1, 1, 1};
  EXPECT_DOUBLE_EQ(Reliability(confidence, correct).At(0.5), 0.75);
}

TEST(ReliabilityTest, IsNearTheLawThatMadeTheRows) {
  Random random(5);
  std::vector<float> confidence;
  std::vector<float> correct;
  for (int i = 0; i < 20000; ++i) {
    confidence.push_back(static_cast<float>(random.Uniform()));
    correct.push_back(random.Chance(static_cast<double>(confidence.back())) ? 1.0F : 0.0F);
  }
  const Reliability reliability(confidence, correct);
  for (double x = 0.1; x < 0.95; x += 0.1) EXPECT_NEAR(reliability.At(x), x, 0.05);
}

TEST(ExpectedCorrectnessTest, KeepsConfidencesAndMeans) {
  const auto profile = std::make_shared<const ExitProfile>(
      std::vector<std::vector<float>>{{0.2F, 0.4F, 0.6F, 0.8F}, {}, {}},
      std::vector<std::vector<float>>{{0, 1, 0, 1}, {}, {1, 0, 1, 1}});
  const auto expected = WithExpectedCorrectness(profile);
  ASSERT_EQ(expected->rows(), 4u);
  EXPECT_FALSE(expected->has_exit(2));
  for (std::size_t r = 0; r < 4; ++r) {
    EXPECT_EQ(expected->confidence(1)[r], profile->confidence(1)[r]);
  }
  EXPECT_EQ(std::vector<float>(expected->correct(1).begin(), expected->correct(1).end()),
            (std::vector<float>{0, 0.5F, 0.5F, 1}));
  EXPECT_EQ(std::vector<float>(expected->correct(3).begin(), expected->correct(3).end()),
            (std::vector<float>{0.5F, 0.5F, 1, 1}))
      << "of the last stage, by the confidence of the last exit before it";
}

TEST(ExpectedCorrectnessTest, NoProfileIsNoProfile) {
  EXPECT_EQ(WithExpectedCorrectness(nullptr), nullptr);
}

}  // namespace
}  // namespace offramp
