// What answers show: mean delay, and the accuracy to be expected of them.
#include "offramp/optimize/answer_meter.h"

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

// Three stages; a row's confidence is the probability that the exit is right.
std::shared_ptr<const ExitProfile> Profile(int rows, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<float>> confidence(3);
  std::vector<std::vector<float>> correct(3);
  for (int r = 0; r < rows; ++r) {
    const double ease = random.Uniform();
    for (std::size_t h = 0; h < 3; ++h) {
      const double right = std::pow(ease, 1.0 / static_cast<double>(h + 1));
      if (h < 2) confidence[h].push_back(static_cast<float>(right));
      correct[h].push_back(random.Chance(right) ? 1.0F : 0.0F);
    }
  }
  return std::make_shared<ExitProfile>(confidence, correct);
}

TEST(AnswerMeterTest, ExpectsWhatLabelsWouldShow) {
  const auto profile = Profile(20000, 1);
  const auto live = Profile(20000, 2);
  for (const std::vector<double>& thresholds :
       {std::vector<double>{0.5, 0.8}, std::vector<double>{0.8, 0.9},
        std::vector<double>{2, 0.6}}) {
    AnswerMeter meter(profile);
    double right = 0;
    for (std::size_t r = 0; r < live->rows(); ++r) {
      int h = 1;
      while (h < 3 && static_cast<double>(live->confidence(h)[r]) <
                          thresholds[static_cast<std::size_t>(h) - 1]) {
        ++h;
      }
      meter.Observe(h, h < 3 ? static_cast<double>(live->confidence(h)[r]) : 0.5, 0.1);
      right += static_cast<double>(live->correct(h)[r]);
    }
    const AnswersSeen seen = meter.Take();
    EXPECT_EQ(seen.tasks, 20000);
    EXPECT_NEAR(seen.accuracy, right / 20000, 0.015);
  }
}

TEST(AnswerMeterTest, MeanDelayOfTheAnswersSinceTheLastTake) {
  AnswerMeter meter(Profile(100, 1));
  EXPECT_EQ(meter.Take().tasks, 0);
  meter.Observe(1, 0.9, 0.1);
  meter.Observe(2, 0.9, 0.3);
  EXPECT_DOUBLE_EQ(meter.Take().mean_delay_s, 0.2);
  meter.Observe(3, 0.9, 0.5);
  const AnswersSeen seen = meter.Take();
  EXPECT_EQ(seen.tasks, 1);
  EXPECT_DOUBLE_EQ(seen.mean_delay_s, 0.5);
}

TEST(AnswerMeterTest, PassesOverWhatNoAnswerCanBe) {
  AnswerMeter meter(Profile(100, 1));
  meter.Observe(0, 0.9, 0.1);
  meter.Observe(4, 0.9, 0.1);
  meter.Observe(1, std::numeric_limits<double>::quiet_NaN(), 0.1);
  meter.Observe(1, 0.9, std::numeric_limits<double>::infinity());
  EXPECT_EQ(meter.Take().tasks, 0);
}

TEST(AnswerMeterTest, BestIsTheLastStageOnAllRows) {
  const auto profile = Profile(1000, 3);
  double right = 0;
  for (const float correct : profile->correct(3)) right += static_cast<double>(correct);
  EXPECT_NEAR(AnswerMeter(profile).best_accuracy(), right / 1000, 1e-9);
}

TEST(AnswerMeterTest, WithoutAProfileConfidenceStandsIn) {
  AnswerMeter meter(nullptr);
  meter.Observe(1, 0.7, 0.1);
  meter.Observe(4, 0.9, 0.1);
  EXPECT_DOUBLE_EQ(meter.Take().accuracy, 0.8);
}

}  // namespace
}  // namespace offramp
