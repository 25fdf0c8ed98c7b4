// Shares of a machine's speed: the square-root rule is the optimum for exponential service, and
// what is found for other laws is never worse.
#include "offramp/placement/machine_shares.h"

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(MachineShares, OneReplicaHasAll) {
  EXPECT_THAT(BestShares({0.4}, 0.5), ElementsAre(1));
  EXPECT_THAT(SquareRootShares({0.4}), ElementsAre(1));
}

TEST(MachineShares, TheRuleByHand) {
  // Half is spoken for; the other half goes 1 : 2, as the roots of 0.1 and 0.4.
  EXPECT_THAT(SquareRootShares({0.1, 0.4}),
              ElementsAre(DoubleNear(0.1 + 0.5 / 3, 1e-12), DoubleNear(0.4 + 1.0 / 3, 1e-12)));
  EXPECT_THAT(SquareRootShares({1, 3}), ElementsAre(0.25, 0.75)) << "overloaded";
  EXPECT_THAT(SquareRootShares({0, 0}), ElementsAre(0.5, 0.5)) << "idle";
}

TEST(MachineShares, TheRuleIsBestForExponentialService) {
  const std::vector<double> rho = {0.05, 0.3, 0.2};
  const std::vector<double> best = BestShares(rho, 1);
  const std::vector<double> rule = SquareRootShares(rho);
  for (std::size_t i = 0; i < rho.size(); ++i) EXPECT_NEAR(best[i], rule[i], 1e-6);
}

TEST(MachineShares, NoOtherSharesHoldFewerTasks) {
  Random random(7);
  for (int trial = 0; trial < 30; ++trial) {
    const double congestion = random.Chance(0.5) ? 0.5 : 1;
    std::vector<double> rho(2 + random.Below(4));
    for (double& r : rho) r = random.Uniform() * 1.1 / static_cast<double>(rho.size());
    const std::vector<double> best = BestShares(rho, congestion);
    EXPECT_NEAR(std::accumulate(best.begin(), best.end(), 0.0), 1, 1e-9);
    const double least = TasksOnMachine(rho, best, congestion);
    for (int other = 0; other < 50; ++other) {
      std::vector<double> moved = best;
      const std::size_t from = random.Below(rho.size());
      const std::size_t to = random.Below(rho.size());
      const double step = random.Uniform() * 0.3 * moved[from];
      moved[from] -= step;
      moved[to] += step;
      EXPECT_GE(TasksOnMachine(rho, moved, congestion), least * (1 - 1e-7));
    }
  }
}

}  // namespace
}  // namespace offramp
