// ServiceHistogram: what it draws has the moments it tells, and bad ones are named.
#include "offramp/core/service_law.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::HasSubstr;

constexpr int kPoints = 200'000;

// Mean and squared variation of At over evenly spaced quantiles.
void ExpectMoments(const ServiceHistogram& law) {
  double sum = 0;
  double square = 0;
  double before = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double time = law.At((i + 0.5) / kPoints);
    EXPECT_GE(time, before);
    before = time;
    sum += time;
    square += time * time;
  }
  const double mean = sum / kPoints;
  EXPECT_NEAR(mean, 1, 1e-4);
  EXPECT_NEAR(square / kPoints / (mean * mean) - 1, law.scv(), 1e-3 * (1 + law.scv()));
}

TEST(ServiceHistogramTest, DrawsWhatItTells) {
  ExpectMoments(ServiceHistogram::Create({0, 1}, {5}).value());
  ExpectMoments(ServiceHistogram::Create({0.5, 0.9, 1.1, 3}, {2, 70, 28}).value());
  ExpectMoments(ServiceHistogram::Create({2, 2}, {1}).value());
  ExpectMoments(ServiceHistogram::Create({0, 1, 2, 9, 9}, {0, 1, 0, 3}).value());
  // Any unit: nanoseconds, or a number that squares to nothing.
  ExpectMoments(ServiceHistogram::Create({2e5, 4e5, 9e15}, {1, 1}).value());
  ExpectMoments(ServiceHistogram::Create({2e-200, 4e-200, 9e-200}, {1e-300, 1e-300}).value());
}

TEST(ServiceHistogramTest, ExactTimesAndEmptyBins) {
  const ServiceHistogram two = ServiceHistogram::Create({1, 1, 5, 5}, {3, 0, 1}).value();
  EXPECT_NEAR(two.scv(), 0.75, 1e-12);
  EXPECT_EQ(two.At(0), 0.5);
  EXPECT_EQ(two.At(0.74), 0.5);
  EXPECT_EQ(two.At(0.76), 2.5);
  EXPECT_EQ(two.At(std::nextafter(1.0, 0.0)), 2.5);
  const ServiceHistogram uniform = ServiceHistogram::Create({0, 4}, {1}).value();
  EXPECT_NEAR(uniform.scv(), 1.0 / 3, 1e-12);
  EXPECT_EQ(uniform.At(0.25), 0.5);
  // Nothing is ever drawn from a bin that nobody fell into.
  const ServiceHistogram gap = ServiceHistogram::Create({0, 1, 2, 3}, {0, 0, 1}).value();
  EXPECT_DOUBLE_EQ(gap.At(0), 0.8);
}

std::string ErrorOf(std::vector<double> edges, std::vector<double> weights) {
  const auto made = ServiceHistogram::Create(std::move(edges), std::move(weights));
  EXPECT_FALSE(made.ok());
  return made.status().message();
}

TEST(ServiceHistogramTest, NamesWhatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(ErrorOf({}, {}), HasSubstr("no weights"));
  EXPECT_THAT(ErrorOf({0, 1}, {1, 2}), HasSubstr("2 edges and 2 weights"));
  EXPECT_THAT(ErrorOf({0, 2, 1}, {1, 2}), HasSubstr("edge 3 is out of order"));
  EXPECT_THAT(ErrorOf({-1, 2}, {1}), HasSubstr("edge 1"));
  EXPECT_THAT(ErrorOf({0, nan}, {1}), HasSubstr("edge 2"));
  EXPECT_THAT(ErrorOf({0, std::numeric_limits<double>::infinity()}, {1}), HasSubstr("edge 2"));
  EXPECT_THAT(ErrorOf({0, 1}, {-1}), HasSubstr("weight 1"));
  EXPECT_THAT(ErrorOf({0, 1}, {nan}), HasSubstr("weight 1"));
  EXPECT_THAT(ErrorOf({0, 1}, {0}), HasSubstr("no task"));
  EXPECT_THAT(ErrorOf({0, 0, 1}, {1, 0}), HasSubstr("1e6 times the mean"));
  EXPECT_THAT(ErrorOf({0, 0}, {1}), HasSubstr("no task"));
  EXPECT_THAT(ErrorOf({0, 1e-9, 1e9}, {1, 0}), HasSubstr("1e6 times the mean"));
}

}  // namespace
}  // namespace offramp
