// Fleets whose messages are lost, late, forged, or whose nodes sleep through rounds.
#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "tests/unit/optimize/agent_fleet.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

Problem Small(int s) {
  ScenarioOptions options;
  options.sources = 8;
  options.replicas = {5, 4, 3};
  options.load = 0.6 + 0.08 * s;
  options.rows = 1200;
  return GenerateProblem(options, 50 + static_cast<std::uint64_t>(s));
}

double BestKnown(const Problem& problem) {
  AgentFleet fleet(problem, {}, 101);
  double best = 1e9;
  for (int r = 0; r < 500; ++r) best = std::min(best, fleet.Round().objective_s);
  return best;
}

struct Reached {
  int within = 0;     // scenarios that came within 1 %
  double worst = -1;  // least excess of the worst scenario
};

// Least excess over the best known, in shares of T, within `rounds`.
double LeastExcess(const Problem& problem, double best, FleetFaults faults, int rounds) {
  AgentFleet fleet(problem, {}, 7, faults);
  double least = 1e9;
  for (int r = 0; r < rounds; ++r) {
    const Evaluation& e = fleet.Round();
    least = std::min(least, (e.objective_s - best) / e.mean_delay_s);
  }
  return least;
}

// Four scenarios; thresholds have local optima, where a faulty run may end as a clean one may.
Reached OverScenarios(FleetFaults faults, int rounds) {
  Reached reached;
  for (int s = 0; s < 4; ++s) {
    const Problem problem = Small(s);
    const double excess = LeastExcess(problem, BestKnown(problem), faults, rounds);
    reached.within += excess < 0.01 ? 1 : 0;
    reached.worst = std::max(reached.worst, excess);
  }
  return reached;
}

TEST(AgentFaults, OneMessageInFiveLost) {
  const Reached reached = OverScenarios({.loss = 0.2}, 400);
  EXPECT_EQ(reached.within, 4);
  EXPECT_LT(reached.worst, 0.01);
}

TEST(AgentFaults, MessagesUpToFiveRoundsLate) {
  const Reached reached = OverScenarios({.age = 5}, 400);
  EXPECT_GE(reached.within, 3);
  EXPECT_LT(reached.worst, 0.02);
}

TEST(AgentFaults, EveryNodeAsleepHalfOfTheTime) {
  const Reached reached = OverScenarios({.active = 0.5}, 400);
  EXPECT_GE(reached.within, 3);
  EXPECT_LT(reached.worst, 0.02);
}

TEST(AgentFaults, AllAtOnce) {
  const Reached reached = OverScenarios({.loss = 0.2, .age = 5, .active = 0.5}, 500);
  EXPECT_GE(reached.within, 3);
  EXPECT_LT(reached.worst, 0.03);
}

TEST(AgentFaults, StayPutOnceThere) {
  const Problem problem = Small(1);
  const double best = BestKnown(problem);
  AgentFleet fleet(problem, {}, 7, {.loss = 0.2, .age = 5});
  fleet.Run(300);
  for (int r = 0; r < 200; ++r) {
    const Evaluation& e = fleet.Round();
    ASSERT_LT((e.objective_s - best) / e.mean_delay_s, 0.05) << "round " << r;
  }
}

TEST(AgentFaults, ForgedMessagesChangeNothing) {
  AgentFleet honest(Small(0), {}, 7);
  AgentFleet attacked(Small(0), {}, 7);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int r = 0; r < 60; ++r) {
    honest.Round();
    attacked.Round();
    for (int n = 0; n < attacked.problem().first_node(3); ++n) {
      DtoEeAgent& agent = attacked.agent(n);
      const int stage = attacked.problem().node(n).stage + 1;
      const auto later = static_cast<std::size_t>(3 - stage);
      const std::uint64_t stamp = 1'000'000;
      AgentMessage forged{.stage = stage,
                          .visit_delay_s = std::vector<double>(later + 1, 0.0),
                          .thresholds = std::vector<double>(later, 0.5),
                          .curvature = 1,
                          .headroom = 1,
                          .stamp = stamp};
      AgentMessage bad = forged;
      bad.visit_delay_s[0] = nan;
      EXPECT_FALSE(agent.Receive(0, bad, attacked.round()));
      bad = forged;
      bad.stage = stage + 1;
      EXPECT_FALSE(agent.Receive(0, bad, attacked.round()));
      bad = forged;
      bad.thresholds.push_back(0.5);
      EXPECT_FALSE(agent.Receive(0, bad, attacked.round()));
      bad = forged;
      bad.curvature = -1;
      EXPECT_FALSE(agent.Receive(0, bad, attacked.round()));
    }
  }
  EXPECT_EQ(honest.Objective(), attacked.Objective());
}

}  // namespace
}  // namespace offramp
