#include "offramp/core/exit_rule.h"

#include <limits>

#include <gtest/gtest.h>

namespace offramp {
namespace {

// Going on is worth 30 ms to a task of confidence 0.2, 10 ms at 0.6, costs 10 ms at 0.9.
GainCurve Curve() { return {.confidence = {0.2, 0.6, 0.9}, .gain_s = {0.03, 0.01, -0.01}}; }

TEST(ExitRuleTest, WithoutACurveTheThresholdIsFixed) {
  ExitRule rule(0.8);
  EXPECT_EQ(rule.Threshold(0), 0.8);
  EXPECT_EQ(rule.Threshold(100), 0.8);
  rule.SetThreshold(0.6);
  EXPECT_EQ(rule.Threshold(-100), 0.6);
}

TEST(ExitRuleTest, NothingExitsByDefault) { EXPECT_GT(ExitRule().Threshold(0), 1.0); }

TEST(ExitRuleTest, FollowsTheCurveLinearly) {
  ExitRule rule(0.8);
  rule.SetCurve(Curve());
  EXPECT_DOUBLE_EQ(rule.Threshold(0.03), 0.2);
  EXPECT_DOUBLE_EQ(rule.Threshold(0.02), 0.4);
  EXPECT_DOUBLE_EQ(rule.Threshold(0.01), 0.6);
  EXPECT_DOUBLE_EQ(rule.Threshold(0.0), 0.75);
  EXPECT_NEAR(rule.Threshold(-0.0099), 0.8985, 1e-9);
}

TEST(ExitRuleTest, ThresholdFallsAsGoingOnGetsDearer) {
  ExitRule rule;
  rule.SetCurve(Curve());
  double before = kNeverExit;
  for (double cost_s = -0.02; cost_s < 0.05; cost_s += 0.001) {
    const double now = rule.Threshold(cost_s);
    EXPECT_LE(now, before);
    before = now;
  }
}

TEST(ExitRuleTest, EndsOfTheCurve) {
  ExitRule rule;
  rule.SetCurve(Curve());
  EXPECT_EQ(rule.Threshold(0.031), 0) << "dearer than anybody gains: all exit";
  EXPECT_EQ(rule.Threshold(-0.011), kNeverExit) << "cheaper than anybody loses: all go on";
  EXPECT_EQ(rule.Threshold(std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(rule.Threshold(std::numeric_limits<double>::quiet_NaN()), 0);
}

TEST(ExitRuleTest, FlatStretchesDoNotDivideByZero) {
  ExitRule rule;
  rule.SetCurve({.confidence = {0.2, 0.5, 0.8, 0.9}, .gain_s = {0.02, 0.02, 0.0, 0.0}});
  EXPECT_DOUBLE_EQ(rule.Threshold(0.02), 0.5);
  EXPECT_DOUBLE_EQ(rule.Threshold(0.01), 0.65);
  EXPECT_EQ(rule.Threshold(0.0), kNeverExit);
}

TEST(ExitRuleTest, OnePointIsAllOrNothing) {
  ExitRule rule;
  rule.SetCurve({.confidence = {0.5}, .gain_s = {0.01}});
  EXPECT_EQ(rule.Threshold(0.02), 0);
  EXPECT_EQ(rule.Threshold(0.005), kNeverExit);
}

TEST(ExitRuleTest, AnEmptyCurveSwitchesBack) {
  ExitRule rule(0.7);
  rule.SetCurve(Curve());
  rule.SetCurve({});
  EXPECT_EQ(rule.Threshold(0.02), 0.7);
}

}  // namespace
}  // namespace offramp
