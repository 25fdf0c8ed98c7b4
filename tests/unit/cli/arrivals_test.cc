#include "offramp/cli/load/arrivals.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

namespace offramp {
namespace {

std::string WriteFile(const std::string& text) {
  const std::string path = testing::TempDir() + "/arrivals.txt";
  std::ofstream(path) << text;
  return path;
}

std::string ErrorOf(const std::string& text) {
  const auto arrivals = ReadArrivals(WriteFile(text));
  return arrivals.ok() ? "" : arrivals.status().message();
}

TEST(ParseSteps, ReadsSecondsAndRates) {
  const auto steps = ParseSteps("10x80,0.5x160.5");
  ASSERT_TRUE(steps.ok());
  ASSERT_EQ(steps->size(), 2u);
  EXPECT_EQ((*steps)[0].seconds, 10);
  EXPECT_EQ((*steps)[1].tasks_per_s, 160.5);
  EXPECT_EQ(TotalSeconds(*steps), 10.5);
}

TEST(ParseSteps, RefusesWhatIsNoStep) {
  for (const char* text : {"", "10", "10x", "x80", "-1x80", "0x80", "10x-1", "10x80,", "nanx1",
                           "10x80x2", "1e300x1"}) {
    const auto steps = ParseSteps(text);
    ASSERT_FALSE(steps.ok()) << text;
    EXPECT_EQ(steps.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(steps.status().message().find("--steps"), std::string::npos);
  }
}

TEST(ParseSteps, RefusesMoreRequestsThanMemoryHolds) {
  EXPECT_FALSE(ParseSteps("1000000x1000000").ok());
}

TEST(PoissonArrivals, FollowTheRatesAndAreAscending) {
  Random random(7);
  const auto arrivals = PoissonArrivals({{100, 50}, {100, 100}}, random);
  EXPECT_TRUE(std::is_sorted(arrivals.begin(), arrivals.end()));
  const auto middle = std::lower_bound(arrivals.begin(), arrivals.end(), 100.0);
  // Counts are Poisson: within five standard deviations.
  EXPECT_NEAR(static_cast<double>(middle - arrivals.begin()), 5000, 5 * std::sqrt(5000));
  EXPECT_NEAR(static_cast<double>(arrivals.end() - middle), 10000, 5 * std::sqrt(10000));
  EXPECT_LT(arrivals.back(), 200);
}

TEST(PoissonArrivals, GapsAreExponential) {
  Random random(3);
  const auto arrivals = PoissonArrivals({{1000, 20}}, random);
  double squares = 0;
  for (std::size_t i = 1; i < arrivals.size(); ++i) {
    squares += std::pow((arrivals[i] - arrivals[i - 1]) * 20, 2);
  }
  // The second moment of an exponential of mean 1 is 2; even spacing would give 1.
  EXPECT_NEAR(squares / static_cast<double>(arrivals.size()), 2, 0.15);
}

TEST(PoissonArrivals, AreTheSameForTheSameSeed) {
  Random a(5);
  Random b(5);
  Random c(6);
  const std::vector<LoadStep> steps = {{10, 10}};
  const auto first = PoissonArrivals(steps, a);
  EXPECT_EQ(first, PoissonArrivals(steps, b));
  EXPECT_NE(first, PoissonArrivals(steps, c));
}

TEST(PoissonArrivals, ASilentStepHasNone) {
  Random random(1);
  EXPECT_TRUE(PoissonArrivals({{10, 0}}, random).empty());
}

TEST(EvenArrivals, AreEvenlySpacedWithinEachStep) {
  EXPECT_EQ(EvenArrivals({{1, 2}, {1, 1}}), (std::vector<double>{0.25, 0.75, 1.5}));
}

TEST(ReadArrivals, SkipsCommentsAndEmptyLines) {
  const auto arrivals = ReadArrivals(WriteFile("# seconds\n0\n\n  0.5 \r\n0.5\n2e1\n"));
  ASSERT_TRUE(arrivals.ok());
  EXPECT_EQ(*arrivals, (std::vector<double>{0, 0.5, 0.5, 20}));
}

TEST(ReadArrivals, NamesTheLineThatIsWrong) {
  EXPECT_NE(ErrorOf("0\n1\nx\n").find(":3: is 'x'"), std::string::npos);
  EXPECT_NE(ErrorOf("2\n1\n").find(":2: is 1 after 2, expected ascending"), std::string::npos);
  EXPECT_NE(ErrorOf("-1\n").find(":1:"), std::string::npos);
  EXPECT_NE(ErrorOf("nan\n").find(":1:"), std::string::npos);
  EXPECT_NE(ErrorOf("# nothing\n").find("holds no arrival time"), std::string::npos);
  EXPECT_EQ(ReadArrivals("/nonexistent").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace offramp
