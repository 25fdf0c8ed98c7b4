#include "offramp/optimize/offloading_step.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

// The model of the link to one queue that only this sender feeds, at flow `f`.
LinkModel ToQueue(double f, double mu, double transfer_s, double weight = 1) {
  const QueueLoad load = EvaluateQueue(f, mu, 1);
  return {.flow = f * weight,
          .marginal_s = transfer_s + load.marginal_s,
          .weight = weight,
          .curvature = load.curvature,
          .headroom = std::max(mu - f, (1 - kMaxUtilization) * mu),
          .excess = std::max(f - kMaxUtilization * mu, 0.0)};
}

TEST(OffloadingStep, TwoMm1QueuesSplitByTheSquareRootRuleInOneStep) {
  // Minimise sum lambda_i / (mu_i - lambda_i) with lambda_1 + lambda_2 = L: Lagrange gives
  // mu_i - lambda_i = sqrt(mu_i) (mu_1 + mu_2 - L) / (sqrt(mu_1) + sqrt(mu_2)).
  const double mu1 = 30;
  const double mu2 = 10;
  for (const double total : {12.0, 20.0, 35.0}) {
    const double unit = (mu1 + mu2 - total) / (std::sqrt(mu1) + std::sqrt(mu2));
    // At light load the fast queue alone is best.
    const double expected = std::min((mu1 - std::sqrt(mu1) * unit) / total, 1.0);
    // From anywhere below the limit, because the model of one M/G/1 queue is exact.
    for (const double start : {0.3, 0.5, 0.75}) {
      if (start * total > 0.97 * mu1 || (1 - start) * total > 0.97 * mu2) continue;
      const std::vector<double> shares =
          EqualizeMarginals(std::vector<LinkModel>{ToQueue(start * total, mu1, 0),
                                                   ToQueue((1 - start) * total, mu2, 0)},
                            total);
      EXPECT_NEAR(shares[0], expected, 1e-6) << "total " << total << " from " << start;
      EXPECT_NEAR(shares[0] + shares[1], 1, 1e-12);
    }
  }
}

TEST(OffloadingStep, ComesBackFromOverload) {
  // Everything on the slow queue, nine times its capacity: two steps bring the optimum.
  const double total = 18;
  double slow = total;
  for (int step = 0; step < 2; ++step) {
    const std::vector<double> shares = EqualizeMarginals(
        std::vector<LinkModel>{ToQueue(slow, 2, 0), ToQueue(total - slow, 40, 0)}, total);
    slow = shares[0] * total;
  }
  EXPECT_LT(slow, 2);
}

TEST(OffloadingStep, SymmetricReceiversGetEqualShares) {
  const std::vector<double> shares = EqualizeMarginals(
      std::vector<LinkModel>{ToQueue(9, 20, 0.01), ToQueue(9, 20, 0.01), ToQueue(9, 20, 0.01)}, 27);
  for (const double share : shares) EXPECT_NEAR(share, 1.0 / 3, 1e-9);
}

TEST(OffloadingStep, SlowLinkWeighsAgainstFastQueue) {
  // A faster replica behind a link that costs more than it saves gets nothing at light load.
  const std::vector<double> shares =
      EqualizeMarginals(std::vector<LinkModel>{ToQueue(0.5, 10, 0.001), ToQueue(0.5, 100, 0.5)}, 1);
  EXPECT_NEAR(shares[0], 1, 1e-9);
}

TEST(OffloadingStep, WeightsKeepSimultaneousMovesSafe) {
  // Four senders, a quarter of the flow each, all see an idle and a loaded queue and move at once.
  const double total = 30;
  const std::vector<LinkModel> links = {ToQueue(25, 30, 0, 0.25), ToQueue(5, 20, 0, 0.25)};
  const std::vector<double> shares = EqualizeMarginals(links, total / 4);
  const double unit = (50 - total) / (std::sqrt(30.0) + std::sqrt(20.0));
  EXPECT_NEAR(shares[0] * total, 30 - std::sqrt(30.0) * unit, 1e-5);
}

TEST(OffloadingStep, MoreThanAllHeadroomIsStillASplit) {
  const std::vector<double> shares =
      EqualizeMarginals(std::vector<LinkModel>{ToQueue(9, 10, 0), ToQueue(2, 10, 0)}, 500);
  EXPECT_NEAR(shares[0] + shares[1], 1, 1e-9);
  EXPECT_GT(shares[0], 0.3);
  EXPECT_GT(shares[1], 0.3);
}

TEST(OffloadingStep, ChangeInvertsTheModelOfTheMarginal) {
  const LinkModel link = ToQueue(12, 20, 0.02);
  for (const double lambda : {2.0, 8.0, 12.0, 17.0, 19.0}) {
    const double price = 0.02 + EvaluateQueue(lambda, 20, 1).marginal_s;
    EXPECT_NEAR(FlowChange(link, price), lambda - 12, 1e-6);
  }
  EXPECT_EQ(FlowChange(link, -100), -12) << "never below nothing";
}

}  // namespace
}  // namespace offramp
