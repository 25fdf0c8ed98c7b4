#include "offramp/optimize/rates.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

TEST(RateMeter, IsUnbiasedFromTheFirstRound) {
  RateMeter meter(1.0);
  for (int round = 0; round < 50; ++round) {
    meter.Count(12);
    EXPECT_NEAR(meter.Round(0.1), 120, 1e-9);
  }
}

// Poisson arrivals for `seconds`; returns how often the long window started anew.
int Arrive(RateMeter& meter, Random& random, double rate_per_s, double seconds) {
  int leaps = 0;
  double next_s = random.Exponential(1 / rate_per_s);
  for (int round = 1; round <= std::lround(seconds / 0.1); ++round) {
    for (; next_s < 0.1 * round; next_s += random.Exponential(1 / rate_per_s)) meter.Count();
    meter.Round(0.1);
    leaps += meter.leapt() ? 1 : 0;
  }
  return leaps;
}

TEST(RateMeter, FollowsALeapWithinSeconds) {
  Random random(5);
  for (const double rate : {20.0, 120.0, 1000.0}) {
    for (const double factor : {0.4, 2.5}) {
      RateMeter meter;
      Arrive(meter, random, rate, 30);
      EXPECT_GE(Arrive(meter, random, factor * rate, 4), 1) << rate << " times " << factor;
      EXPECT_NEAR(meter.rate_per_s(), factor * rate, 0.3 * factor * rate + 3);
      EXPECT_NEAR(meter.Round(0), meter.rate_per_s(), 0) << "no time has passed";
    }
  }
}

TEST(RateMeter, DoesNotTakeTheNoiseOfSingleSecondsForChanges) {
  Random random(6);
  for (const double rate : {0.3, 1.0, 10.0, 300.0}) {
    RateMeter meter;
    Arrive(meter, random, rate, 30);
    double usual = 0;
    double recent = 0;
    int leaps = 0;
    constexpr int kSeconds = 1000;
    for (int second = 0; second < kSeconds; ++second) {
      leaps += Arrive(meter, random, rate, 1);
      usual += std::pow(meter.rate_per_s() / rate - 1, 2) / kSeconds;
      recent += std::pow(meter.recent_per_s() / rate - 1, 2) / kSeconds;
    }
    EXPECT_LE(leaps, kSeconds / 50) << rate;
    EXPECT_LT(usual, 0.35 * recent) << rate;
  }
}

TEST(ServiceMeter, StartsFromTheExpectedAndBelievesTheFirstTask) {
  ServiceMeter meter(0.01);
  EXPECT_EQ(meter.mean_s(), 0.01);
  EXPECT_EQ(meter.scv(), 0);
  meter.Observe(0.02);
  EXPECT_NEAR(meter.mean_s(), 0.02, 1e-12);
  meter.Observe(std::numeric_limits<double>::quiet_NaN());
  meter.Observe(-1);
  meter.Observe(1, 0);
  EXPECT_NEAR(meter.mean_s(), 0.02, 1e-12);
}

TEST(ServiceMeter, SeesASlowDownWithinSevenTasks) {
  ServiceMeter meter(0.01);
  for (int t = 0; t < 100; ++t) meter.Observe(0.01);
  for (int t = 0; t < 7; ++t) meter.Observe(0.04);
  EXPECT_GT(meter.mean_s(), 0.028);
  EXPECT_LT(meter.scv(), 0.25) << "slower is not more variable";
}

TEST(ServiceMeter, CallsOfManyTasksWeighMore) {
  ServiceMeter one(0.01);
  ServiceMeter batch(0.01);
  for (int t = 0; t < 20; ++t) {
    one.Observe(0.01);
    batch.Observe(0.08, 8);
  }
  EXPECT_NEAR(batch.mean_s(), 0.01, 1e-12);
  for (int t = 0; t < 8; ++t) one.Observe(0.02);
  batch.Observe(0.16, 8);
  EXPECT_NEAR(one.mean_s(), batch.mean_s(), 1e-4);
}

TEST(ServiceMeter, MeasuresVariability) {
  Random random(1);
  ServiceMeter exponential(0.01);
  ServiceMeter fixed(0.01);
  double mean_scv = 0;
  double mean = 0;
  for (int t = 0; t < 20000; ++t) {
    exponential.Observe(random.Exponential(0.01));
    fixed.Observe(0.01);
    mean_scv += exponential.scv() / 20000;
    mean += exponential.mean_s() / 20000;
  }
  EXPECT_EQ(fixed.scv(), 0);
  EXPECT_NEAR(mean, 0.01, 0.001);
  EXPECT_NEAR(mean_scv, 1, 0.2);
}

TEST(CongestionMeter, RecoversTheConstantOfAnMd1Queue) {
  // Mean wait of M/D/1: rho s / (2 (1 - rho)): k = 1/2. Waits by Lindley's recursion.
  Random random(2);
  CongestionMeter meter(1.5);
  const double service_s = 0.01;
  const double rate = 70;
  double wait = 0;
  double sum = 0;
  for (int round = 0; round < 4000; ++round) {
    for (int t = 0; t < 7; ++t) {
      meter.ObserveWait(wait);
      wait = std::max(wait + service_s - random.Exponential(1 / rate), 0.0);
    }
    meter.Round(rate, service_s, SmoothingWeight(0.1, 1));
    if (round >= 500) sum += meter.congestion() / 3500;
  }
  EXPECT_NEAR(sum, 0.5, 0.06);
}

TEST(CongestionMeter, StaysInItsBoundsAndWaitsForEvidence) {
  CongestionMeter meter(0.5);
  EXPECT_EQ(meter.Round(50, 0.01, 0.1), 0.5) << "no task";
  meter.ObserveWait(1);
  EXPECT_EQ(meter.Round(0.1, 0.01, 0.1), 0.5) << "all but idle";
  for (int round = 0; round < 1000; ++round) {
    meter.ObserveWait(100);
    meter.ObserveWait(std::numeric_limits<double>::infinity());
    meter.Round(50, 0.01, 0.1);
  }
  EXPECT_NEAR(meter.congestion(), CongestionMeter::kMost, 1e-6);
  for (int round = 0; round < 1000; ++round) {
    meter.ObserveWait(0);
    meter.Round(50, 0.01, 0.1);
  }
  EXPECT_NEAR(meter.congestion(), CongestionMeter::kLeast, 1e-6);
}

}  // namespace
}  // namespace offramp
