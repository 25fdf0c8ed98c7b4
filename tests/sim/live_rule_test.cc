// The promises of the live rule (dispatch.md), on fixed seeds and common arrivals. Margins are
// those of the promise, not of what this seed happens to give.
#include <gtest/gtest.h>

#include "tests/sim/demo_fleet.h"
#include "tests/sim/live_sim.h"

namespace offramp {
namespace {

TEST(LiveSimTest, TheSameSeedGivesTheSameRun) {
  const SimResult a = Simulate(DemoFleet(Policy::kDtoEe, 4));
  const SimResult b = Simulate(DemoFleet(Policy::kDtoEe, 4));
  ASSERT_EQ(a.tasks.size(), b.tasks.size());
  for (std::size_t i = 0; i < a.tasks.size(); ++i) {
    ASSERT_EQ(a.tasks[i].delay_s, b.tasks[i].delay_s);
  }
}

TEST(LiveSimTest, OneIdleReplicaTakesItsServiceAndTheWay) {
  SimOptions options = DemoFleet(Policy::kRoundRobin, 1);
  options.capacity_per_s = {{100}};
  options.thresholds = {};
  options.profile = SyntheticProfile(1, 100, 1);
  options.rate_per_s = 1;
  const SimResult result = Simulate(options);
  ASSERT_FALSE(result.tasks.empty());
  // 10 ms of service, 784 bytes at 100 Mbit/s, a latency of 1 - 5 ms there and back.
  for (const SimTask& task : result.tasks) {
    EXPECT_GE(task.delay_s, 0.010 + 0.00006 + 0.002);
    EXPECT_LE(task.delay_s, 0.020 + 0.00006 + 0.010);
  }
}

class Gateways : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Count, Gateways, testing::Values(1, 4, 8));

TEST_P(Gateways, GoodSharesBeatCountersByFifteenPercentAtTheSameThresholds) {
  for (const std::uint64_t seed : {1, 2}) {
    SimOptions options = DemoFleet(Policy::kDtoEe, GetParam());
    options.seed = seed;
    const SimResult ours = Simulate(options);
    for (const Policy policy : {Policy::kRoundRobin, Policy::kLeastOutstanding}) {
      options.policy = policy;
      const SimResult theirs = Simulate(options);
      EXPECT_LE(Delay(ours), 0.85 * Delay(theirs)) << PolicyName(policy) << " seed " << seed;
    }
    options.policy = Policy::kWeightedLeastOutstanding;
    EXPECT_LE(Delay(ours), Delay(Simulate(options)));
    EXPECT_EQ(ours.Unanswered(), 0);
  }
}

TEST_P(Gateways, AndWhereRoundRobinIsStable) {
  SimOptions options = DemoFleet(Policy::kDtoEe, GetParam());
  options.rate_per_s = 75;
  const SimResult ours = Simulate(options);
  for (const Policy policy : {Policy::kRoundRobin, Policy::kLeastOutstanding}) {
    options.policy = policy;
    const SimResult theirs = Simulate(options);
    EXPECT_LE(theirs.deepest_queue, 40);
    EXPECT_LE(Delay(ours), 0.85 * Delay(theirs)) << PolicyName(policy);
  }
}

TEST_P(Gateways, ADeadReplicaDoesNotLookIdle) {
  SimOptions options = DemoFleet(Policy::kDtoEe, GetParam());
  options.rate_per_s = 110;
  options.detection_s = 5;  // for so long it swallows what it gets
  options.events = {{.kind = SimEvent::Kind::kKill, .at_s = 15, .stage = 1, .replica = 1}};
  const SimResult ours = Simulate(options);
  options.policy = Policy::kRoundRobin;
  EXPECT_LE(ours.swallowed, Simulate(options).swallowed / 4);
  EXPECT_EQ(ours.sent_to_unavailable, 0);
  EXPECT_EQ(ours.Unanswered(), 0);
}

TEST(HerdingTest, DeficitsKeepManySendersWithOldReportsApart) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SimOptions options = DemoFleet(Policy::kDtoEe, 8);
    options.seed = seed;
    const double fresh_s = Delay(Simulate(options));
    options.report_age_s = 0.05;
    const SimResult old = Simulate(options);
    EXPECT_LE(Delay(old), 1.3 * fresh_s);
    EXPECT_LE(old.deepest_queue, 20);

    options.deficits = false;
    EXPECT_LT(Delay(old), 0.97 * Delay(Simulate(options))) << "seed " << seed;

    options.policy = Policy::kLeastOutstanding;  // counts are never old
    EXPECT_LE(Delay(old), 0.9 * Delay(Simulate(options)));
  }
}

TEST(NeverSendTest, NobodySendsToWhoIsKnownToBeDead) {
  for (const std::string& name : PolicyNames(/*live_only=*/true)) {
    SimOptions options = DemoFleet(*ParsePolicy(name), 2);
    options.rate_per_s = 60;
    options.events = {{.kind = SimEvent::Kind::kKill, .at_s = 10, .stage = 1, .replica = 0},
                      {.kind = SimEvent::Kind::kKill, .at_s = 20, .stage = 3, .replica = 1}};
    const SimResult result = Simulate(options);
    EXPECT_EQ(result.sent_to_unavailable, 0) << name;
    EXPECT_EQ(result.Unanswered(), 0) << name;
  }
}

}  // namespace
}  // namespace offramp
