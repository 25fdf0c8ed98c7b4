#include "offramp/base/random.h"

#include <array>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(RandomTest, SameSeedSameNumbersOnEveryPlatform) {
  Random random(42);
  // mt19937_64 is specified bit for bit; so is what we make of it.
  EXPECT_EQ(random.Bits(), 13930160852258120406u);
  EXPECT_DOUBLE_EQ(random.Uniform(), 0.63903139385469743);
}

TEST(RandomTest, MeansAreRight) {
  Random random(1);
  double uniform = 0;
  double exponential = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    uniform += random.Uniform();
    exponential += random.Exponential(3.0);
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.005);
  EXPECT_NEAR(exponential / kDraws, 3.0, 0.03);
}

TEST(RandomTest, BelowIsUniformOverItsRange) {
  Random random(2);
  std::array<int, 6> counts{};
  constexpr int kDraws = 60000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.Below(6));
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 6.0, 500);
}

}  // namespace
}  // namespace offramp
