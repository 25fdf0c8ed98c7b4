// The price of a queue that its receiver holds.
#include "offramp/optimize/held_price.h"

#include <cmath>

#include <gtest/gtest.h>

#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

constexpr double kMu = 10;

// Two offloaders that send `first` and `second` tasks/s.
AgentMeasurement Inflow(double first, double second) {
  AgentMeasurement measured;
  measured.service_s = 1 / kMu;
  measured.congestion = 1;
  measured.inflow_per_s = {first, second};
  measured.arrival_rate_per_s = first + second;
  return measured;
}

double Marginal(double lambda) { return EvaluateQueue(lambda, kMu, 1).marginal_s; }

// `moves` rounds in which the two trade `step` tasks/s back and forth and together send `lambda`.
void Trade(HeldPrice& price, double lambda, double step, int moves) {
  for (int i = 0; i < moves; ++i) {
    const double shift = i % 2 == 0 ? step : 0;
    price.Follow(Inflow(0.5 * lambda + shift, 0.5 * lambda - shift));
  }
}

TEST(HeldPrice, QuotesTheMarginalCostAtFirst) {
  HeldPrice price;
  price.Follow(Inflow(4, 4));
  EXPECT_DOUBLE_EQ(price.quoted_s(), Marginal(8));
  price.Follow(Inflow(3, 4));
  EXPECT_DOUBLE_EQ(price.quoted_s(), Marginal(7));
  EXPECT_EQ(price.softness(), 1);
}

TEST(HeldPrice, SoftensWhileSwapsLeaveTheQueueAsItIs) {
  HeldPrice price;
  Trade(price, 8, 0.5, 40);
  EXPECT_GT(price.softness(), 10);
  EXPECT_NEAR(price.quoted_s(), Marginal(8), 1e-9);
}

TEST(HeldPrice, KeepsItsPriceWhereASmallMissCostsLittle) {
  HeldPrice price;
  Trade(price, 8, 0.5, 40);
  price.Follow(Inflow(4, 4.01));
  EXPECT_LT(price.quoted_s(), Marginal(8) + 0.5 * (Marginal(8.01) - Marginal(8)));
  EXPECT_GT(price.quoted_s(), Marginal(8));
}

TEST(HeldPrice, MovesToTheMarginalCostOfAnInflowThatStays) {
  HeldPrice price;
  Trade(price, 8, 0.5, 10);
  Trade(price, 8.05, 0.5, 60);
  EXPECT_NEAR(price.quoted_s(), Marginal(8.05), 0.02 * (Marginal(8.05) - Marginal(8)));
}

TEST(HeldPrice, LetsGoWhenTheInflowLeaps) {
  HeldPrice price;
  Trade(price, 8, 0.5, 40);
  price.Follow(Inflow(1, 1));
  EXPECT_DOUBLE_EQ(price.quoted_s(), Marginal(2));
  EXPECT_EQ(price.softness(), 1);
}

TEST(HeldPrice, LetsGoNearSaturation) {
  HeldPrice price;
  Trade(price, 9.6, 0.5, 40);
  EXPECT_GT(price.softness(), 1);
  price.Follow(Inflow(5, 4.75));
  EXPECT_DOUBLE_EQ(price.quoted_s(), Marginal(9.75));
  EXPECT_EQ(price.softness(), 1);
}

TEST(HeldPrice, DoesNotSoftenWhileNobodyMoves) {
  HeldPrice price;
  Trade(price, 8, 0.5, 10);
  price.Follow(Inflow(4, 4));
  const double before = price.softness();
  for (int i = 0; i < 50; ++i) price.Follow(Inflow(4, 4));
  EXPECT_DOUBLE_EQ(price.softness(), before);
}

TEST(HeldPrice, StaysFiniteAtAnIdleReceiver) {
  HeldPrice price;
  for (int i = 0; i < 20; ++i) price.Follow(Inflow(0, 0));
  EXPECT_NEAR(price.quoted_s(), 1 / kMu, 1e-9);
  EXPECT_TRUE(std::isfinite(price.softness()));
}

}  // namespace
}  // namespace offramp
