// One agent alone: what it does with measurements and messages, good, bad and missing.
#include "offramp/optimize/dto_ee_agent.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "offramp/optimize/receiver_message.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

// What a last-stage receiver of stage 1 or 2 says at load `lambda`, all of it from this sender.
AgentMessage From(int stage, double lambda, double mu, std::uint64_t stamp) {
  return *ComposeMessage({.stage = stage, .last_stage = true, .offloaders = 1},
                         {.service_s = 1 / mu,
                          .congestion = 1,
                          .arrival_rate_per_s = lambda,
                          .inflow_per_s = {lambda}},
                         {}, 0, stamp);
}

AgentMeasurement Sending(double rate, std::vector<double> flow) {
  AgentMeasurement m{.arrival_rate_per_s = rate, .outflow_per_s = rate};
  m.transfer_s.assign(flow.size(), 0.001);
  m.flow_per_s = std::move(flow);
  return m;
}

double Sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(DtoEeAgent, StartsUniformAndUndecided) {
  const DtoEeAgent agent(0, 0, 4, nullptr, {});
  EXPECT_EQ(agent.shares(), std::vector<double>(4, 0.25));
  EXPECT_EQ(Sum(agent.decision().share), 0) << "a dispatcher falls back on capacities";
  EXPECT_EQ(agent.threshold(), kNeverExit);
  EXPECT_TRUE(agent.gain_curve().confidence.empty());
}

// On a profile whose first exit is right as often as it is confident, and whose last stage always.
TEST(DtoEeAgent, TheWeightIsAnInputOfItsStep) {
  std::vector<std::vector<float>> confidence(2);
  std::vector<std::vector<float>> correct(2);
  for (int i = 0; i < 1000; ++i) {
    confidence[0].push_back(static_cast<float>(i) / 1000);
    correct[0].push_back((i * 7919) % 1000 < i ? 1.0F : 0.0F);
    correct[1].push_back(1.0F);
  }
  const auto profile = std::make_shared<ExitProfile>(confidence, correct);
  const auto threshold_at = [&](double options_weight_s, double measured_weight_s) {
    Random random(1);
    DtoEeAgent agent(1, 1, 1, profile, DtoEeOptions::Live(options_weight_s));
    for (std::uint64_t round = 1; round <= 40; ++round) {
      AgentMeasurement measured = Sending(20, {10});
      measured.service_s = 0.01;
      measured.accuracy_weight_s = measured_weight_s;
      agent.Measure(std::move(measured));
      EXPECT_TRUE(agent.Receive(0, From(2, 10, 50, round), round));
      agent.Update(round, random);
    }
    return agent.threshold();
  };
  EXPECT_EQ(threshold_at(9, 0.1), threshold_at(0.1, -1)) << "it takes the options' place";
  EXPECT_GT(threshold_at(0.1, 1), threshold_at(1, 0.1) + 0.1);
  EXPECT_EQ(threshold_at(1, std::nan("")), threshold_at(1, -1));
}

TEST(DtoEeAgent, WithoutAReceiverKeepsTheLastDecision) {
  Random random(1);
  DtoEeAgent agent(0, 0, 2, nullptr, {});
  agent.Measure(Sending(10, {5, 5}));
  agent.Update(1, random);
  EXPECT_TRUE(agent.isolated());
  EXPECT_EQ(agent.shares(), std::vector<double>(2, 0.5));

  EXPECT_TRUE(agent.Receive(0, From(1, 2, 10, 2), 2));
  EXPECT_TRUE(agent.Receive(1, From(1, 8, 10, 2), 2));
  agent.Update(2, random);
  EXPECT_FALSE(agent.isolated());
  const std::vector<double> shares = agent.shares();
  EXPECT_GT(shares[0], 0.5 - 1e-9);
  AgentMeasurement gone = Sending(10, {5, 5});
  gone.receiver_alive = {false, false};
  agent.Measure(gone);
  agent.Update(3, random);
  EXPECT_TRUE(agent.isolated());
  EXPECT_EQ(agent.shares(), shares);
  EXPECT_EQ(agent.decision().share, shares);
}

TEST(DtoEeAgent, OneReceiverGetsEverything) {
  Random random(1);
  DtoEeAgent agent(0, 0, 1, nullptr, DtoEeOptions::Live(1));
  for (std::uint64_t round = 1; round < 30; ++round) {
    agent.Measure(Sending(10, {10}));
    agent.Receive(0, From(1, round % 7 * 3.0, 10, round), round);
    agent.Update(round, random);
    EXPECT_EQ(agent.shares(), std::vector<double>{1.0});
  }
}

TEST(DtoEeAgent, ADeadReceiverLosesItsShareAndComesBackWithItsFirstMessage) {
  Random random(1);
  DtoEeAgent agent(0, 0, 2, nullptr, DtoEeOptions::Live(1));
  std::uint64_t round = 1;
  agent.Measure(Sending(8, {4, 4}));
  EXPECT_TRUE(agent.Receive(0, From(1, 4, 10, 500), round));
  EXPECT_TRUE(agent.Receive(1, From(1, 4, 10, 900), round));
  agent.Update(round++, random);

  AgentMeasurement dead = Sending(8, {4, 4});
  dead.receiver_alive = {true, false};
  agent.Measure(dead);
  EXPECT_TRUE(agent.Receive(0, From(1, 8, 10, 501), round));
  agent.Update(round++, random);
  EXPECT_EQ(agent.shares(), (std::vector<double>{1, 0}));

  // It is back: probed before it is heard, believed although it counts rounds from 1 again.
  agent.Measure(Sending(8, {8, 0}));
  agent.Update(round++, random);
  EXPECT_NEAR(agent.shares()[1], 0.005, 1e-4);
  EXPECT_TRUE(agent.Receive(1, From(1, 0, 10, 1), round));
  agent.Receive(0, From(1, 8, 10, 502), round);
  agent.Update(round, random);
  EXPECT_GT(agent.shares()[1], 0.2);
}

TEST(DtoEeAgent, SilenceBeyondTheTimeToLiveIsAFailure) {
  Random random(1);
  DtoEeAgent agent(0, 0, 2, nullptr, DtoEeOptions::Live(1));
  agent.Measure(Sending(8, {4, 4}));
  agent.Receive(0, From(1, 4, 10, 1), 1);
  for (std::uint64_t round = 1; round <= 30; ++round) {
    agent.Receive(1, From(1, 4, 10, round), round);
    agent.Update(round, random);
  }
  // Alive by its connection, so it keeps the probe, but nobody relies on it.
  EXPECT_LT(agent.shares()[0], 0.01);
}

TEST(DtoEeAgent, AMessageThatWasOvertakenIsASignOfLife) {
  Random random(1);
  DtoEeAgent agent(0, 0, 2, nullptr, {});
  agent.Measure(Sending(8, {4, 4}));
  agent.Receive(0, From(1, 4, 10, 10), 1);
  for (std::uint64_t round = 1; round <= 30; ++round) {
    if (round == 15) {
      EXPECT_FALSE(agent.Receive(0, From(1, 9, 10, 9), round));
    }
    agent.Receive(1, From(1, 4, 10, round), round);
    agent.Update(round, random);
  }
  EXPECT_GT(agent.shares()[0], 0.2);
}

TEST(DtoEeAgent, IgnoresOldAndMalformedMessages) {
  DtoEeAgent agent(0, 0, 1, nullptr, {});
  EXPECT_FALSE(agent.Receive(0, AgentMessage{}, 1));
  EXPECT_FALSE(agent.Receive(0, From(2, 1, 10, 1), 1)) << "wrong stage";
  EXPECT_FALSE(agent.Receive(7, From(1, 1, 10, 1), 1)) << "no such receiver";
  EXPECT_FALSE(agent.Receive(-1, From(1, 1, 10, 1), 1));
  EXPECT_TRUE(agent.Receive(0, From(1, 1, 10, 5), 1));
  EXPECT_FALSE(agent.Receive(0, From(1, 2, 10, 5), 2)) << "a repeated one";
  EXPECT_FALSE(agent.Receive(0, From(1, 2, 10, 4), 2)) << "an older one";
  EXPECT_TRUE(agent.Receive(0, From(1, 2, 10, 6), 2));
}

TEST(DtoEeAgent, ANodeThatCannotPassTasksOnSaysNothing) {
  DtoEeAgent middle(1, 2, 1, SyntheticProfile(2, 1, 50, 1), {});
  middle.Measure({.service_s = 0.01, .inflow_per_s = {1, 1}});
  EXPECT_EQ(middle.MessageTo(0, 1).stage, 0);
  middle.Receive(0, From(2, 1, 10, 1), 1);
  const AgentMessage message = middle.MessageTo(1, 1);
  EXPECT_EQ(message.stage, 1);
  EXPECT_TRUE(IsWellFormed(message, 0, nullptr));
}

TEST(DtoEeAgent, KnowsOverloadOnlyWhenNobodyHasRoom) {
  Random random(1);
  DtoEeAgent agent(0, 0, 2, nullptr, DtoEeOptions::Live(1));
  agent.Measure(Sending(40, {20, 20}));
  agent.Receive(0, From(1, 20, 10, 1), 1);
  agent.Receive(1, From(1, 20, 40, 1), 1);
  agent.Update(1, random);
  EXPECT_FALSE(agent.overloaded());
  EXPECT_EQ(agent.excess_share(), 0);
  agent.Receive(1, From(1, 20, 10, 2), 2);
  agent.Update(2, random);
  EXPECT_TRUE(agent.overloaded());
  EXPECT_NEAR(agent.excess_share(), (20 - 9.7) / 20, 1e-9);
}

TEST(DtoEeAgent, StaysFiniteWhateverIsMeasuredAndSaid) {
  Random random(5);
  const auto wild = [&]() {
    switch (random.Below(7)) {
      case 0:
        return std::numeric_limits<double>::quiet_NaN();
      case 1:
        return std::numeric_limits<double>::infinity();
      case 2:
        return -random.Exponential(1);
      case 3:
        return 0.0;
      case 4:
        return std::pow(10.0, 80 * random.Uniform() - 40);
      default:
        return random.Exponential(5);
    }
  };
  const auto many = [&](std::size_t n) {
    std::vector<double> values(n);
    for (double& value : values) value = wild();
    return values;
  };
  const auto profile = SyntheticProfile(3, 2, 200, 1);
  int taken = 0;
  for (const bool live : {false, true}) {
    const DtoEeOptions options = live ? DtoEeOptions::Live(1) : DtoEeOptions{};
    DtoEeAgent agent(1, 2, 3, profile, options);
    for (std::uint64_t round = 1; round <= 3000; ++round) {
      AgentMeasurement m{.service_s = wild(),
                         .congestion = wild(),
                         .arrival_rate_per_s = wild(),
                         .outflow_per_s = wild(),
                         .inflow_per_s = many(random.Below(4)),
                         .flow_per_s = many(random.Below(5)),
                         .transfer_s = many(3)};
      if (random.Chance(0.5)) m.receiver_alive = {random.Chance(0.8), true, random.Chance(0.5)};
      if (random.Chance(0.3)) m.row_mix.assign(200, static_cast<float>(wild()));
      agent.Measure(std::move(m));
      for (int k = 0; k < 3; ++k) {
        const AgentMessage message{.stage = random.Chance(0.9) ? 2 : 1,
                                   .visit_delay_s = many(random.Chance(0.9) ? 2 : 1),
                                   .thresholds = many(1),
                                   .curvature = wild(),
                                   .headroom = wild(),
                                   .excess = wild(),
                                   .weight = random.Uniform(),
                                   .flow = wild(),
                                   .stamp = round,
                                   .own_marginal_s = wild()};
        taken += agent.Receive(k, message, round) ? 1 : 0;
      }
      agent.Update(round, random);
      ASSERT_NEAR(Sum(agent.shares()), 1, 1e-9);
      for (const double share : agent.shares()) ASSERT_GE(share, 0);
      ASSERT_TRUE(agent.threshold() >= 0 && agent.threshold() <= kNeverExit);
      ASSERT_TRUE(std::isfinite(agent.decision().average_cost_s));
      for (const double cost : agent.decision().downstream_cost_s) {
        ASSERT_TRUE(std::isfinite(cost));
      }
      for (const double gain : agent.gain_curve().gain_s) ASSERT_TRUE(std::isfinite(gain));
    }
  }
  EXPECT_GT(taken, 50) << "some of it must have been believable";
}

TEST(DtoEeAgent, IdleNodesKeepTheirSharesFinite) {
  Random random(1);
  DtoEeAgent agent(1, 1, 2, SyntheticProfile(2, 1, 100, 1), DtoEeOptions::Live(1));
  for (std::uint64_t round = 1; round <= 50; ++round) {
    AgentMeasurement idle{.service_s = 0.01, .inflow_per_s = {0}, .flow_per_s = {0, 0}};
    idle.transfer_s = {0.001, 0.001};
    agent.Measure(idle);
    agent.Receive(0, From(2, 0, 10, round), round);
    agent.Receive(1, From(2, 0, 10, round), round);
    agent.Update(round, random);
  }
  EXPECT_NEAR(agent.shares()[0], 0.5, 1e-6) << "equal receivers, nothing sent";
  EXPECT_FALSE(agent.gain_curve().gain_s.empty());
}

}  // namespace
}  // namespace offramp
