#include "offramp/optimize/row_mix.h"

#include <limits>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

std::shared_ptr<const ExitProfile> FourRows() {
  // Exits at stages 1 and 3 of four; stage 2 has none.
  return std::make_shared<ExitProfile>(
      std::vector<std::vector<float>>{{0.1F, 0.4F, 0.6F, 0.9F}, {}, {0.2F, 0.3F, 0.8F, 0.9F}, {}},
      std::vector<std::vector<float>>{{0, 0, 1, 1}, {}, {0, 1, 1, 1}, {1, 1, 1, 1}});
}

TEST(RowMix, CoversTheExitsBeforeTheNode) {
  EXPECT_EQ(RowMix(FourRows(), 1).exits(), 0);
  EXPECT_EQ(RowMix(FourRows(), 2).exits(), 1);
  EXPECT_EQ(RowMix(FourRows(), 3).exits(), 1);
  EXPECT_EQ(RowMix(FourRows(), 4).exits(), 2);
  EXPECT_EQ(RowMix(nullptr, 4).exits(), 0);
  RowMix none(nullptr, 2);
  EXPECT_TRUE(none.Observe({}));
  EXPECT_TRUE(none.Round(0.1).empty());
}

TEST(RowMix, IsUniformOverWhatSurvives) {
  RowMix mix(FourRows(), 4);
  EXPECT_EQ(mix.mix(), std::vector<float>(4, 1.0F));
  // Rows 0, 1, 2 are below 0.7 at exit 1; of these rows 0, 1 below 0.5 at exit 3.
  EXPECT_TRUE(mix.Observe(std::vector<float>{0.7F, 0.5F}));
  EXPECT_EQ(mix.Round(0.05), (std::vector<float>{2, 2, 0, 0})) << "the first round counts fully";
  // The next is a quarter of the way (weight) towards a mixture of {0} and of everybody.
  mix.Observe(std::vector<float>{0.7F, 0.5F});
  mix.Round(0.5);
  mix.Observe(std::vector<float>{0.2F, 2.0F});
  mix.Observe(std::vector<float>{2.0F, 2.0F});
  const std::vector<float>& rows = mix.Round(0.5);
  EXPECT_NEAR(rows[0], 0.5 * 2 + 0.5 * 2.5, 1e-6);
  EXPECT_NEAR(rows[3], 0.5 * 0 + 0.5 * 0.5, 1e-6);
  EXPECT_NEAR(rows[0] + rows[1] + rows[2] + rows[3], 4, 1e-5);
}

TEST(RowMix, IgnoresWhatCannotBe) {
  RowMix mix(FourRows(), 4);
  EXPECT_FALSE(mix.Observe(std::vector<float>{0.7F}));
  EXPECT_FALSE(mix.Observe(std::vector<float>{0.7F, 0.7F, 0.7F}));
  EXPECT_TRUE(mix.Observe(std::vector<float>{0.0F, 0.0F})) << "no row survives: no evidence";
  EXPECT_TRUE(mix.Observe(std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 1.0F}));
  EXPECT_EQ(mix.Round(0.5), std::vector<float>(4, 1.0F));
  EXPECT_EQ(mix.Round(0.5), std::vector<float>(4, 1.0F)) << "an empty round";
}

TEST(RowMix, FindsTheMixOfTasksThatMetDifferentThresholds) {
  // Two paths with thresholds 0.5 and 0.9: compare with the rows of real survivors.
  const auto profile = SyntheticProfile(3, 2, 2000, 3);
  RowMix mix(profile, 2);
  Random random(4);
  std::vector<double> real(2000, 0);
  double tasks = 0;
  for (int round = 0; round < 400; ++round) {
    for (int t = 0; t < 12; ++t) {
      const float threshold = random.Chance(0.5) ? 0.5F : 0.9F;
      const auto row = static_cast<std::size_t>(random.Below(2000));
      if (profile->confidence(1)[row] >= threshold) continue;
      real[row] += 1;
      tasks += 1;
      mix.Observe(std::vector<float>{threshold});
    }
    mix.Round(0.02);
  }
  // By thirds of confidence, as single rows are too few.
  double expected[3] = {0, 0, 0};
  double found[3] = {0, 0, 0};
  for (std::size_t r = 0; r < 2000; ++r) {
    const float c = profile->confidence(1)[r];
    const int third = c < 0.5F ? 0 : c < 0.9F ? 1 : 2;
    expected[third] += real[r] / tasks;
    found[third] += static_cast<double>(mix.mix()[r]) / 2000;
  }
  for (int third = 0; third < 3; ++third) EXPECT_NEAR(found[third], expected[third], 0.03);
}

}  // namespace
}  // namespace offramp
