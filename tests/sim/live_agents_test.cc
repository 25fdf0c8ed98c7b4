// What agents add to the live rule: shares and thresholds that follow events (dispatch.md). Margins
// are those of the promise, not of what this seed happens to give.
#include <gtest/gtest.h>

#include "tests/sim/demo_fleet.h"
#include "tests/sim/live_sim.h"

namespace offramp {
namespace {

SimOptions WithAgents(int gateways) {
  static const auto known = SyntheticProfile(4, 2000, 12);  // not the rows that tasks follow
  SimOptions options = DemoFleet(Policy::kDtoEe, gateways);
  options.agents = true;
  options.agent_profile = known;
  return options;
}

class Gateways : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Count, Gateways, testing::Values(1, 4));

TEST_P(Gateways, AgentsDoAtLeastAsWellWithTheirOwnThresholds) {
  const SimResult ours = Simulate(WithAgents(GetParam()));
  const SimResult theirs = Simulate(DemoFleet(Policy::kLeastOutstanding, GetParam()));
  EXPECT_LE(Delay(ours), 0.85 * Delay(theirs));
  EXPECT_GE(ours.Accuracy(kWarm_s, kEnd_s), theirs.Accuracy(kWarm_s, kEnd_s) - 0.003);
}

TEST_P(Gateways, AKillThatSaturatesAStageCostsAccuracyNotMinutes) {
  SimOptions options = WithAgents(GetParam());
  options.rate_per_s = 120;
  options.events = {{.kind = SimEvent::Kind::kKill, .at_s = 15, .stage = 2, .replica = 0}};
  const SimResult ours = Simulate(options);
  EXPECT_EQ(ours.sent_to_unavailable, 0);
  EXPECT_EQ(ours.Unanswered(), 0);
  EXPECT_LE(ours.MeanDelay(15, kEnd_s), 1.4 * ours.MeanDelay(kWarm_s, 15));
  EXPECT_GE(ours.Accuracy(15, kEnd_s), ours.Accuracy(kWarm_s, 15) - 0.08);

  SimOptions fixed = options;
  fixed.agents = false;
  for (const Policy policy : {Policy::kWeightedLeastOutstanding, Policy::kPeakEwma}) {
    fixed.policy = policy;
    EXPECT_LE(ours.MeanDelay(15, kEnd_s), 0.6 * Simulate(fixed).MeanDelay(15, kEnd_s));
  }
}

TEST_P(Gateways, ASlowedReplicaIsRelieved) {
  SimOptions options = WithAgents(GetParam());
  options.rate_per_s = 120;
  options.events = {{.kind = SimEvent::Kind::kSlow, .at_s = 15, .stage = 2, .replica = 0}};
  const SimResult ours = Simulate(options);
  EXPECT_LE(ours.MeanDelay(15, kEnd_s), 1.4 * ours.MeanDelay(kWarm_s, 15));

  options.agents = false;
  options.policy = Policy::kPeakEwma;
  EXPECT_LE(ours.MeanDelay(15, kEnd_s), 0.88 * Simulate(options).MeanDelay(15, kEnd_s));
}

}  // namespace
}  // namespace offramp
