#include "offramp/optimize/receiver_message.h"

#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "offramp/core/exit_rule.h"
#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

AgentMeasurement Measured(double lambda, double mu, double outflow, std::vector<double> inflow) {
  return {.service_s = 1 / mu,
          .congestion = 1,
          .arrival_rate_per_s = lambda,
          .outflow_per_s = outflow,
          .inflow_per_s = std::move(inflow)};
}

AgentMessage LastStage(double lambda, double mu) {
  return *ComposeMessage({.stage = 2, .last_stage = true, .offloaders = 1},
                         Measured(lambda, mu, 0, {lambda}), {}, 0, 1);
}

TEST(ReceiverMessage, OfTheLastStageDescribesItsOwnQueue) {
  const AgentMessage message = *ComposeMessage({.stage = 3, .last_stage = true, .offloaders = 2},
                                               Measured(6, 10, 0, {4.5, 1.5}), {}, 1, 17);
  const QueueLoad load = EvaluateQueue(6, 10, 1);
  EXPECT_EQ(message.stage, 3);
  EXPECT_EQ(message.stamp, 17U);
  ASSERT_EQ(message.visit_delay_s.size(), 1U);
  EXPECT_NEAR(message.visit_delay_s[0], load.marginal_s, 1e-12);
  EXPECT_TRUE(message.thresholds.empty());
  EXPECT_NEAR(message.curvature, load.curvature, 1e-12);
  EXPECT_NEAR(message.headroom, 4, 1e-9);
  EXPECT_EQ(message.excess, 0);
  EXPECT_NEAR(message.weight, 0.25, 1e-12);
  EXPECT_EQ(message.flow, 1.5);
}

TEST(ReceiverMessage, AddsUpWhatFollowsDownstream) {
  const AgentMessage a = LastStage(4, 10);
  const AgentMessage b = LastStage(6, 20);
  const AgentMessage message = *ComposeMessage(
      {.stage = 1, .has_exit = true, .threshold = 0.7, .offloaders = 1}, Measured(16, 30, 8, {16}),
      {{.message = &a, .share = 0.25, .transfer_s = 0.02},
       {.message = &b, .share = 0.75, .transfer_s = 0.04}},
      0, 1);
  EXPECT_NEAR(message.visit_delay_s[0], EvaluateQueue(16, 30, 1).marginal_s, 1e-12);
  EXPECT_NEAR(message.visit_delay_s[1],
              0.25 * (0.02 + a.visit_delay_s[0]) + 0.75 * (0.04 + b.visit_delay_s[0]), 1e-12);
  EXPECT_EQ(message.thresholds, (std::vector<double>{0.7}));
  // Half goes on: one more task here is s p more at each, whose own weight is 1.
  const double c = EvaluateQueue(16, 30, 1).curvature + 0.5 * 0.25 * 0.5 * 0.25 * a.curvature +
                   0.5 * 0.75 * 0.5 * 0.75 * b.curvature;
  EXPECT_NEAR(message.curvature, c, 1e-12);
  EXPECT_GT(message.headroom, 0);
  EXPECT_LT(message.headroom, 40);
}

TEST(ReceiverMessage, SaysNothingWithoutAWayOn) {
  EXPECT_FALSE(
      ComposeMessage({.stage = 1, .offloaders = 1}, Measured(1, 2, 1, {1}), {}, 0, 1).has_value());
}

TEST(ReceiverMessage, CapsWhatTravelsOnButNotWhatDirectNeighboursSee) {
  const AgentMessage message =
      *ComposeMessage({.stage = 1, .last_stage = true, .visit_cap_services = 6, .offloaders = 1},
                      Measured(30, 10, 0, {30}), {}, 0, 1);
  EXPECT_NEAR(message.visit_delay_s[0], 0.6, 1e-12);
  EXPECT_NEAR(message.own_marginal_s, EvaluateQueue(30, 10, 1).marginal_s, 1e-9);
  EXPECT_NEAR(message.excess, 30 - 9.7, 1e-9);
}

TEST(ReceiverMessage, AnIdleReceiverWelcomesEverybodyEqually) {
  const AgentMessage message = *ComposeMessage({.stage = 1, .last_stage = true, .offloaders = 4},
                                               Measured(0, 10, 0, {0, 0, 0, 0}), {}, 2, 1);
  EXPECT_NEAR(message.weight, 0.25, 1e-12);
  EXPECT_TRUE(IsWellFormed(message, 0, nullptr));
}

TEST(ReceiverMessage, ExcessPassesStagesThatCannotRelieveIt) {
  const AgentMessage full = LastStage(30, 10);
  const AgentMessage calm = LastStage(1, 10);
  const auto excess = [&](bool relieves, const AgentMessage& second) {
    return ComposeMessage(
               {.stage = 1, .has_exit = true, .exit_relieves = relieves, .offloaders = 1},
               Measured(60, 100, 60, {60}),
               {{.message = &full, .share = 0.5}, {.message = &second, .share = 0.5}}, 0, 1)
        ->excess;
  };
  EXPECT_NEAR(excess(false, full), 2 * 20.3, 1e-9) << "no exit, or one whose threshold is fixed";
  EXPECT_EQ(excess(false, calm), 0) << "routing can relieve it";
  EXPECT_EQ(excess(true, full), 0) << "a lower threshold can relieve it";
}

TEST(ReceiverMessage, GarbageIsNotWellFormed) {
  const ExitProfile profile({{0.5F}, {0.5F}, {}}, {{1}, {1}, {1}});
  const AgentMessage good{.stage = 2,
                          .visit_delay_s = {0.1, 0.2},
                          .thresholds = {0.8},
                          .curvature = 0.1,
                          .headroom = 5,
                          .excess = 0,
                          .weight = 0.5,
                          .flow = 3,
                          .stamp = 1};
  EXPECT_TRUE(IsWellFormed(good, 1, &profile));
  EXPECT_TRUE(IsWellFormed(good, 1, nullptr));
  EXPECT_FALSE(IsWellFormed(good, 0, &profile)) << "from a wrong stage";
  EXPECT_FALSE(IsWellFormed(AgentMessage{}, 0, nullptr));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<std::function<void(AgentMessage&)>> damages = {
      [&](AgentMessage& m) { m.visit_delay_s[1] = nan; },
      [&](AgentMessage& m) { m.visit_delay_s[0] = -1; },
      [&](AgentMessage& m) { m.visit_delay_s.clear(); },
      [&](AgentMessage& m) { m.visit_delay_s.push_back(0.1); },
      [&](AgentMessage& m) { m.visit_delay_s.assign(1000, 0.1), m.thresholds.assign(999, 0.5); },
      [&](AgentMessage& m) { m.thresholds[0] = inf; },
      [&](AgentMessage& m) { m.thresholds.clear(); },
      [&](AgentMessage& m) { m.curvature = 0; },
      [&](AgentMessage& m) { m.curvature = 1e300; },
      [&](AgentMessage& m) { m.headroom = -2; },
      [&](AgentMessage& m) { m.excess = nan; },
      [&](AgentMessage& m) { m.weight = 0; },
      [&](AgentMessage& m) { m.weight = 1.5; },
      [&](AgentMessage& m) { m.flow = -1; },
      [&](AgentMessage& m) { m.own_marginal_s = nan; }};
  for (std::size_t d = 0; d < damages.size(); ++d) {
    AgentMessage bad = good;
    damages[d](bad);
    EXPECT_FALSE(IsWellFormed(bad, 1, &profile)) << "damage " << d;
  }
}

}  // namespace
}  // namespace offramp
