// Objectives in operation: a floor of accuracy and a ceiling of mean delay, on the shipped exit
// profile, with the demo's speeds. Prints how long each takes to be reached.
#include <cmath>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "offramp/files/profile_file.h"
#include "tests/sim/demo_fleet.h"
#include "tests/sim/live_sim.h"

namespace offramp {
namespace {

constexpr double kSettled_s = 60;
constexpr double kLong_s = 150;

SimOptions Steered(int gateways, Objective objective) {
  static const auto shipped =
      ReadExitProfile("models/fashion-mnist/exits.csv", {true, true, true, true}).value();
  SimOptions options = DemoFleet(Policy::kDtoEe, gateways);
  options.profile = shipped;
  options.agent_profile = shipped;
  options.agents = true;
  options.rate_per_s = 120;
  options.duration_s = kLong_s;
  options.objective = objective;
  options.seed = 2;
  return options;
}

double SettledWeight(const SimResult& result) { return result.MeanWeight(kSettled_s, kLong_s); }

// Seconds after which the weight stays within half as much again of what it settles at. Prints
// them, and what is reached.
double PrintTime(const std::string& what, int gateways, const SimResult& result) {
  double at_s = 0;
  for (double from_s = 0; from_s + 5 <= kLong_s; from_s += 1) {
    const double ratio = result.MeanWeight(from_s, from_s + 5) / SettledWeight(result);
    if (std::abs(std::log(ratio)) > std::log(1.5)) at_s = from_s + 5;
  }
  std::printf("%s, %d gateway(s): settled after %.0f s; accuracy %.4f, delay %.1f ms, a %.2f s\n",
              what.c_str(), gateways, at_s, result.Accuracy(kSettled_s, kLong_s),
              1e3 * result.MeanDelay(kSettled_s, kLong_s), SettledWeight(result));
  return at_s;
}

class Gateways : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Count, Gateways, testing::Values(1, 4));

TEST_P(Gateways, AFloorOfAccuracyIsReachedAtTheLeastDelay) {
  for (const double floor : {0.90, 0.92}) {
    const SimResult result = Simulate(Steered(GetParam(), {.min_accuracy = floor}));
    EXPECT_LE(PrintTime("min_accuracy " + std::to_string(floor), GetParam(), result), kSettled_s)
        << "and does not swing";
    EXPECT_NEAR(result.Accuracy(kSettled_s, kLong_s), floor, 0.005);
    EXPECT_TRUE(result.objective_met);
    const SimResult heavier =
        Simulate(Steered(GetParam(), {.accuracy_weight_s = 2 * SettledWeight(result)}));
    EXPECT_LT(result.MeanDelay(kSettled_s, kLong_s), heavier.MeanDelay(kSettled_s, kLong_s));
  }
}

TEST_P(Gateways, ACeilingOfDelayIsUsedUpForAccuracy) {
  for (const double ceiling_s : {0.03, 0.04}) {
    const SimResult result = Simulate(Steered(GetParam(), {.max_mean_delay_s = ceiling_s}));
    EXPECT_LE(PrintTime("max_mean_delay_s " + std::to_string(ceiling_s), GetParam(), result),
              kSettled_s);
    EXPECT_NEAR(result.MeanDelay(kSettled_s, kLong_s), ceiling_s, 0.1 * ceiling_s);
    EXPECT_TRUE(result.objective_met);
  }
}

TEST_P(Gateways, WhatCannotBeMetIsSaidAndTheNearestDone) {
  // No stage is right so often: nearly everything goes as far as the fleet carries it.
  const SimResult floor = Simulate(Steered(GetParam(), {.min_accuracy = 0.95}));
  EXPECT_FALSE(floor.objective_met);
  EXPECT_GT(floor.Accuracy(kSettled_s, kLong_s), 0.92);
  EXPECT_LT(floor.MeanDelay(kSettled_s, kLong_s), 0.2) << "and no queue grows for nothing";

  // Below one service and the way: all leave at the first exit.
  const SimResult ceiling = Simulate(Steered(GetParam(), {.max_mean_delay_s = 0.01}));
  EXPECT_FALSE(ceiling.objective_met);
  EXPECT_LT(ceiling.MeanDelay(kSettled_s, kLong_s), 0.021);
}

TEST(ObjectiveEventTest, AfterAKillTheFloorIsSoughtAgainWithoutLosingTasks) {
  SimOptions options = Steered(4, {.min_accuracy = 0.9});
  options.events = {{.kind = SimEvent::Kind::kKill, .at_s = 60, .stage = 2, .replica = 0}};
  const SimResult result = Simulate(options);
  EXPECT_EQ(result.Unanswered(), 0);
  EXPECT_GT(result.MeanWeight(120, kLong_s), 1.3 * result.MeanWeight(40, 60));
  EXPECT_NEAR(result.Accuracy(110, kLong_s), 0.9, 0.01);
}

}  // namespace
}  // namespace offramp
