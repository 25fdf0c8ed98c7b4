// How a steered accuracy weight reaches replicas with tasks, and comes back to gateways.
#include "offramp/optimize/fleet_weight.h"

#include <limits>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(TaskWeightTest, NothingUntilATaskCarriesOne) {
  TaskWeight weight;
  weight.Observe(0, 10);
  weight.Observe(-1, 10);
  weight.Observe(std::numeric_limits<double>::quiet_NaN(), 10);
  weight.Observe(1e9, 10);
  EXPECT_FALSE(weight.Round(0.1).has_value());
}

TEST(TaskWeightTest, IsTheMeanByFlow) {
  TaskWeight weight;
  for (int i = 0; i < 100; ++i) {
    weight.Observe(1, 30);
    weight.Observe(2, 10);
    weight.Round(0.1);
  }
  EXPECT_NEAR(*weight.Round(0.1), 1.25, 1e-6);
}

TEST(TaskWeightTest, FollowsWithinSecondsAndStaysWhileNothingComes) {
  TaskWeight weight;
  weight.Observe(1, 1);
  EXPECT_DOUBLE_EQ(*weight.Round(0.1), 1) << "the first is believed at once";
  for (int i = 0; i < 30; ++i) {
    weight.Observe(2, 5);
    weight.Round(0.1);
  }
  EXPECT_NEAR(*weight.Round(0.1), 2, 0.06);
  EXPECT_NEAR(*weight.Round(60), 2, 0.06);
}

TEST(HeardWeightsTest, MeanOfThoseThatHaveSpokenByFlow) {
  HeardWeights heard(3);
  EXPECT_EQ(heard.Mean({1, 1, 1}), 0);
  heard.Hear(0, 1);
  heard.Hear(1, 4);
  heard.Hear(2, 0);
  heard.Hear(7, 9);
  EXPECT_DOUBLE_EQ(heard.Mean({20, 10, 70}), 2);
  EXPECT_DOUBLE_EQ(heard.Mean({0, 0, 0}), 2.5) << "at rest, the plain mean";
}

}  // namespace
}  // namespace offramp
