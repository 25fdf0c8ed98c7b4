#include "offramp/core/queue_model.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(QueueModel, MatchesClosedForms) {
  // M/M/1: N = rho / (1 - rho); at lambda = 6, mu = 10: 1.5 tasks, dN/dlambda = mu / (mu - l)^2.
  const QueueLoad mm1 = EvaluateQueue(6, 10, CongestionOfScv(1));
  EXPECT_NEAR(mm1.number, 1.5, 1e-12);
  EXPECT_NEAR(mm1.marginal_s, 10.0 / 16, 1e-12);
  EXPECT_NEAR(mm1.curvature, 2 * 10.0 / 64, 1e-12);
  // M/D/1: N = rho + rho^2 / (2 (1 - rho)) = 0.6 + 0.36 / 0.8.
  EXPECT_NEAR(EvaluateQueue(6, 10, CongestionOfScv(0)).number, 1.05, 1e-12);
}

TEST(QueueModel, DerivativesAreThoseOfTheNumberAlsoWhenOverloaded) {
  for (const double lambda : {0.5, 5.0, 9.0, 9.6, 9.9, 14.0}) {
    const double h = 1e-4;
    const QueueLoad low = EvaluateQueue(lambda - h, 10, 0.7);
    const QueueLoad here = EvaluateQueue(lambda, 10, 0.7);
    const QueueLoad high = EvaluateQueue(lambda + h, 10, 0.7);
    EXPECT_NEAR(here.marginal_s, (high.number - low.number) / (2 * h), 1e-4 * here.marginal_s);
    EXPECT_NEAR(here.curvature, (high.marginal_s - low.marginal_s) / (2 * h),
                1e-4 * here.curvature);
  }
}

TEST(QueueModel, IsFiniteConvexAndSmoothAcrossTheLimit) {
  const double limit = kMaxUtilization * 10;
  const QueueLoad below = EvaluateQueue(limit - 1e-9, 10, 1);
  const QueueLoad above = EvaluateQueue(limit + 1e-9, 10, 1);
  EXPECT_NEAR(below.number, above.number, 1e-5);
  EXPECT_NEAR(below.marginal_s, above.marginal_s, 1e-4);
  EXPECT_NEAR(below.curvature, above.curvature, 1e-3);
  double last = 0;
  for (double lambda = 0; lambda < 100; lambda += 0.5) {
    const QueueLoad load = EvaluateQueue(lambda, 10, 1);
    EXPECT_GE(load.marginal_s, last);
    EXPECT_LT(load.number, 1e9);
    last = load.marginal_s;
  }
}

TEST(QueueModel, AnEmptyQueueCostsOneService) {
  const QueueLoad load = EvaluateQueue(0, 20, 0.5);
  EXPECT_EQ(load.number, 0);
  EXPECT_NEAR(load.marginal_s, 0.05, 1e-12);
}

}  // namespace
}  // namespace offramp
