#include "offramp/simulate/draws.h"

#include <cmath>
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(DrawsTest, AKeyGivesTheSameDrawWhateverWasDrawnBefore) {
  const Draws a(7);
  const Draws b(7);
  const std::uint64_t first = a.Bits(DrawStream::kService, 5, 2);
  for (std::uint64_t i = 0; i < 100; ++i) b.Bits(DrawStream::kHop, i);
  EXPECT_EQ(b.Bits(DrawStream::kService, 5, 2), first);
}

TEST(DrawsTest, SeedsStreamsAndKeysDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (std::uint64_t stream = 0; stream < 8; ++stream) {
      for (std::uint64_t a = 0; a < 20; ++a) {
        for (std::uint64_t b = 0; b < 20; ++b) {
          seen.insert(Draws(seed).Bits(static_cast<DrawStream>(stream), a, b));
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 4U * 8 * 20 * 20);
}

TEST(DrawsTest, ExponentialHasItsMomentsAndNeighboursAreIndependent) {
  const Draws draws(3);
  constexpr int kCount = 200'000;
  double sum = 0;
  double squares = 0;
  double along_a = 0;
  double along_b = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const double x = draws.Exponential(DrawStream::kService, i, 1);
    sum += x;
    squares += x * x;
    along_a += (x - 1) * (draws.Exponential(DrawStream::kService, i + 1, 1) - 1);
    along_b += (x - 1) * (draws.Exponential(DrawStream::kService, i, 2) - 1);
  }
  const double error = 4 / std::sqrt(kCount);
  EXPECT_NEAR(sum / kCount, 1, error);
  EXPECT_NEAR(squares / kCount, 2, std::sqrt(20.0) * error);
  EXPECT_NEAR(along_a / kCount, 0, error);
  EXPECT_NEAR(along_b / kCount, 0, error);
}

TEST(DrawsTest, BelowIsEven) {
  const Draws draws(1);
  int count[5] = {};
  for (std::uint64_t i = 0; i < 50'000; ++i) ++count[draws.Below(5, DrawStream::kRow, i)];
  for (const int c : count) EXPECT_NEAR(c, 10'000, 400);
}

}  // namespace
}  // namespace offramp
