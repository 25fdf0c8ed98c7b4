// The steering of the accuracy weight on fleets that are formulas: accuracy and delay follow ln a,
// two seconds late. With real agents: tests/sim/objective_test.cc.
#include "offramp/optimize/objective_control.h"

#include <cmath>
#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

struct Formula {
  double steepness = 1;     // how fast accuracy saturates in ln a
  double noise = 0.02;      // of a second's mean accuracy
  std::int64_t tasks = 30;  // a second

  double Accuracy(double a) const { return 0.93 - 0.03 * std::pow(a, -steepness); }
  double Delay(double a) const { return 0.03 * std::pow(1 + a, 0.5); }
};

// Runs `seconds` and returns a by second.
std::vector<double> Course(ObjectiveControl& control, const Formula& fleet, int seconds,
                           std::uint64_t seed = 1) {
  Random random(seed);
  std::deque<double> late(2, control.weight_s());
  std::vector<double> course;
  for (int i = 0; i < seconds; ++i) {
    EXPECT_TRUE(control.Due(1));
    const double in_force = late.front();
    late.pop_front();
    const double noise = fleet.noise * (2 * random.Uniform() - 1);
    control.Step({.tasks = fleet.tasks,
                  .mean_delay_s = fleet.Delay(in_force) * (1 + 5 * noise),
                  .accuracy = fleet.Accuracy(in_force) + noise},
                 in_force);
    late.push_back(control.weight_s());
    course.push_back(control.weight_s());
  }
  return course;
}

double MeanOf(const std::vector<double>& course, int from) {
  double sum = 0;
  for (std::size_t i = static_cast<std::size_t>(from); i < course.size(); ++i) sum += course[i];
  return sum / static_cast<double>(course.size() - static_cast<std::size_t>(from));
}

TEST(ObjectiveControlTest, AWeightStaysAsItIs) {
  ObjectiveControl control({.accuracy_weight_s = 3});
  EXPECT_FALSE(control.steers());
  EXPECT_FALSE(control.Due(100));
  EXPECT_EQ(control.Step({.tasks = 100, .mean_delay_s = 1, .accuracy = 0.1}, 7), 3);
  EXPECT_TRUE(control.met());
}

TEST(ObjectiveControlTest, FindsTheWeightForAFloorHoweverAccuracyFollows) {
  for (const double steepness : {0.5, 1.0, 2.0}) {
    const Formula fleet{.steepness = steepness};
    ObjectiveControl control({.min_accuracy = 0.91}, 0.93);
    const std::vector<double> course = Course(control, fleet, 300);
    EXPECT_NEAR(fleet.Accuracy(MeanOf(course, 150)), 0.91, 0.004) << "steepness " << steepness;
    EXPECT_TRUE(control.met());
  }
}

TEST(ObjectiveControlTest, FindsTheWeightForACeiling) {
  const Formula fleet;
  ObjectiveControl control({.max_mean_delay_s = 0.06});
  EXPECT_NEAR(fleet.Delay(MeanOf(Course(control, fleet, 200), 100)), 0.06, 0.003);
  EXPECT_TRUE(control.met());
}

TEST(ObjectiveControlTest, ComesToRest) {
  const Formula still{.noise = 0};
  ObjectiveControl control({.min_accuracy = 0.9}, 0.93);
  const std::vector<double> course = Course(control, still, 200);
  for (std::size_t i = 150; i < 200; ++i) EXPECT_NEAR(course[i], course[149], 1e-3 * course[149]);
}

TEST(ObjectiveControlTest, NoStepIsLarge) {
  ObjectiveControl control({.min_accuracy = 0.9}, 0.93);
  double before = control.weight_s();
  const Formula fleet;
  for (const double now : Course(control, fleet, 100)) {
    EXPECT_LT(std::abs(std::log(now / before)), 0.31);
    before = now;
  }
}

TEST(ObjectiveControlTest, AFloorOutOfReachIsSaidAndTheWeightStaysBounded) {
  const Formula fleet;
  ObjectiveControl control({.min_accuracy = 0.99}, 0.93);
  const std::vector<double> course = Course(control, fleet, 120);
  EXPECT_FALSE(control.met());
  EXPECT_LE(course.back(), 200 * fleet.Delay(0) * 1.5);
  EXPECT_GT(fleet.Accuracy(course.back()), 0.92) << "the nearest is done";
}

TEST(ObjectiveControlTest, ACeilingOutOfReachIsSaid) {
  const Formula fleet;
  ObjectiveControl control({.max_mean_delay_s = 0.02});
  const std::vector<double> course = Course(control, fleet, 120);
  EXPECT_FALSE(control.met());
  EXPECT_LT(fleet.Delay(course.back()), 0.031);
}

TEST(ObjectiveControlTest, ComesBackIntoReach) {
  ObjectiveControl control({.max_mean_delay_s = 0.05});
  const Formula fleet;
  // Everything takes three times as long for two minutes, more than the ceiling allows.
  for (int i = 0; i < 120; ++i) {
    control.Due(1);
    control.Step({.tasks = 30, .mean_delay_s = 0.09, .accuracy = 0.9}, control.weight_s());
  }
  EXPECT_FALSE(control.met());
  Course(control, fleet, 120);
  EXPECT_TRUE(control.met());
}

TEST(ObjectiveControlTest, AnEasyObjectiveIsMet) {
  ObjectiveControl floor({.min_accuracy = 0.1}, 0.93);
  Course(floor, Formula{}, 100);
  EXPECT_TRUE(floor.met());
  ObjectiveControl ceiling({.max_mean_delay_s = 30});
  Course(ceiling, Formula{}, 100);
  EXPECT_TRUE(ceiling.met());
}

TEST(ObjectiveControlTest, SeveralGatewaysKeepTogether) {
  const Formula fleet;
  std::vector<ObjectiveControl> gateways(4, ObjectiveControl({.min_accuracy = 0.91}, 0.93));
  Random random(3);
  for (int i = 0; i < 600; ++i) {
    double mean = 0;
    for (const ObjectiveControl& gateway : gateways) mean += gateway.weight_s() / 4;
    for (ObjectiveControl& gateway : gateways) {
      gateway.Due(1);
      gateway.Step({.tasks = 30,
                    .mean_delay_s = fleet.Delay(mean),
                    .accuracy = fleet.Accuracy(mean) + 0.04 * (2 * random.Uniform() - 1)},
                   mean);
    }
  }
  for (const ObjectiveControl& gateway : gateways) {
    EXPECT_LT(std::abs(std::log(gateway.weight_s() / gateways[0].weight_s())), 1.0);
  }
}

TEST(ObjectiveControlTest, ThinTrafficMovesLittle) {
  Formula thin{.noise = 0.3, .tasks = 1};
  ObjectiveControl control({.min_accuracy = 0.9}, 0.93);
  const std::vector<double> course = Course(control, thin, 2000);
  EXPECT_NEAR(thin.Accuracy(MeanOf(course, 1000)), 0.9, 0.015);
}

}  // namespace
}  // namespace offramp
