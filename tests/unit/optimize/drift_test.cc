// Shadows against the profile: no false alarm, and a measure of what is beyond it.
#include "offramp/optimize/drift.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

// An exit that is right as often as it is sure, before a last stage that is right nine times in
// ten of the others and always where the exit is.
std::shared_ptr<const ExitProfile> Calibrated(Random& random, int rows) {
  std::vector<std::vector<float>> confidence(2);
  std::vector<std::vector<float>> correct(2);
  for (int i = 0; i < rows; ++i) {
    const double sure = random.Uniform();
    const bool right = random.Chance(sure);
    confidence[0].push_back(static_cast<float>(sure));
    correct[0].push_back(right ? 1.0F : 0.0F);
    correct[1].push_back(right || random.Chance(0.9) ? 1.0F : 0.0F);
  }
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

// Lets `tasks` leave whose confidence is at least 0.8; both stages agree where the exit is right,
// which it is `less` less often than it is sure.
void Live(Random& random, int tasks, double less, DriftMeter& meter) {
  for (int i = 0; i < tasks; ++i) {
    const double sure = 0.8 + 0.2 * random.Uniform();
    meter.Add(sure, random.Chance(sure - less));
  }
}

TEST(DriftMeterTest, WhatTheProfileExpectsIsNoExcess) {
  int alarms = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    DriftMeter meter(*Calibrated(random, 5000), 1);
    for (int i = 0; i < 50; ++i) {
      Live(random, 60, 0, meter);
      alarms += meter.excess_wrong() > 0.01 ? 1 : 0;
    }
    EXPECT_NEAR(meter.expected_agreement(), meter.agreement(), 0.04);
  }
  EXPECT_LE(alarms, 10) << "of 1000 looks";
}

TEST(DriftMeterTest, AnOverconfidentExitIsFoundAndForgottenWhenItIsGoodAgain) {
  Random random(3);
  DriftMeter meter(*Calibrated(random, 5000), 1);
  Live(random, 2000, 0.2, meter);
  EXPECT_NEAR(meter.excess_wrong(), 0.17, 0.05);
  Live(random, 20000, 0, meter);
  EXPECT_LT(meter.excess_wrong(), 0.01);
}

TEST(DriftMeterTest, AFewDisagreementsProveNothing) {
  Random random(4);
  DriftMeter meter(*Calibrated(random, 5000), 1);
  EXPECT_EQ(meter.excess_wrong(), 0);
  meter.Add(0.9, false);
  meter.Add(0.9, true);
  EXPECT_EQ(meter.excess_wrong(), 0);
  EXPECT_NEAR(meter.agreement(), 0.5, 1e-3);
}

TEST(WithMoreWrongTest, LowersThatExitAlone) {
  const ExitProfile profile({{0.2F, 0.9F}, {}}, {{0.02F, 0.9F}, {1, 1}});
  const auto lower = WithMoreWrong(profile, 1, 0.1);
  EXPECT_FLOAT_EQ(lower->correct(1)[0], 0);
  EXPECT_FLOAT_EQ(lower->correct(1)[1], 0.8F);
  EXPECT_FLOAT_EQ(lower->correct(2)[1], 1);
  EXPECT_FLOAT_EQ(lower->confidence(1)[1], 0.9F);
}

}  // namespace
}  // namespace offramp
