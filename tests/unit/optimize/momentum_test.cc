// Momentum on shares.
#include "offramp/optimize/momentum.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(Momentum, CarriesNothingOnTheFirstStepAndAfterARestart) {
  Momentum momentum({0.5, 0.5});
  EXPECT_DOUBLE_EQ(momentum.Step({0.6, 0.4})[0], 0.6);
  EXPECT_GT(momentum.Step({0.65, 0.35})[0], 0.65);
  momentum.Restart();
  EXPECT_DOUBLE_EQ(momentum.Step({0.66, 0.34})[0], 0.66);
}

TEST(Momentum, GoesFartherTheLongerAWayIsStraight) {
  Momentum momentum({0.1, 0.9});
  double before = 0;
  for (int i = 1; i <= 60; ++i) {
    const double x = 0.1 + 0.001 * i;
    const double beyond = momentum.Step({x, 1 - x})[0] - x;
    EXPECT_GE(beyond, before - 1e-12);
    EXPECT_LE(beyond, 0.001 + 1e-12) << "never more than the step again";
    before = beyond;
  }
  EXPECT_NEAR(before, 0.001, 1e-9) << "no friction in the end";
}

TEST(Momentum, StopsAtTheBound) {
  Momentum momentum({0.5, 0.5});
  momentum.Step({0.3, 0.7});
  momentum.Step({0.1, 0.9});
  const std::vector<double> y = momentum.Step({0.01, 0.99});
  EXPECT_EQ(y[0], 0);
  EXPECT_DOUBLE_EQ(y[1], 1);
}

}  // namespace
}  // namespace offramp
