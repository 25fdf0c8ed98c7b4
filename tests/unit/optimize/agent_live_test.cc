// Live use: rates counted from single tasks, smoothed over a second, a step every 100 ms.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/optimize/agent_fleet.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

// Fleet F2 of dispatch.md, tasks/s by stage.
const std::vector<std::vector<double>> kF2 = {{120, 80, 40}, {60, 24, 12}, {50, 26}, {46, 14}};

Problem F2(double rate, int gateways, double scale = 1) {
  std::vector<std::vector<double>> rates = kF2;
  for (std::vector<double>& stage : rates) {
    for (double& mu : stage) mu *= scale;
  }
  return FleetProblem(gateways, rate * scale, rates, 0.003 / scale, SyntheticProfile(4, 3, 1000, 5),
                      1 / scale);
}

struct Course {
  double mean_excess = 0;  // of U over the planned optimum, in shares of T
  double worst_utilization = 0;
};

Course Follow(AgentFleet& fleet, double best, int rounds) {
  Course course;
  for (int r = 0; r < rounds; ++r) {
    const Evaluation& e = fleet.Round();
    course.mean_excess += (e.objective_s - best) / e.mean_delay_s / rounds;
    course.worst_utilization = std::max(course.worst_utilization, e.max_utilization);
  }
  return course;
}

double Planned(const Problem& problem) {
  AgentFleet fleet(problem, {}, 3);
  double best = 1e9;
  for (int r = 0; r < 300; ++r) best = std::min(best, fleet.Round().objective_s);
  return best;
}

TEST(AgentLive, ExactMeasurementsComeCloseToThePlan) {
  for (const double rate : {60.0, 120.0, 160.0}) {
    const double best = Planned(F2(rate, 4));
    AgentFleet fleet(F2(rate, 4), DtoEeOptions::Live(1), 9);
    fleet.Run(100);
    // Planned thresholds come down from above and may end in a better optimum than live ones do.
    EXPECT_LT(Follow(fleet, best, 50).mean_excess, 0.09) << rate;
  }
}

TEST(AgentLive, NoisyCountsStayStable) {
  // At 60..160 tasks/s over 4 gateways a link sees about ten tasks in the second of the average:
  // noise of a third. Shares are followed at random here, which no dispatcher would do.
  for (const int gateways : {1, 4}) {
    for (const double rate : {60.0, 120.0, 160.0}) {
      const double best = Planned(F2(rate, gateways));
      AgentFleet fleet(F2(rate, gateways), DtoEeOptions::Live(1), 9, {.count_s = 0.1});
      fleet.Run(100);
      const Course course = Follow(fleet, best, 500);
      EXPECT_LT(course.worst_utilization, 1.1) << rate << ", gateways " << gateways;
      EXPECT_LT(course.mean_excess, 0.6) << rate << ", gateways " << gateways;
    }
  }
}

TEST(AgentLive, NoiseFadesWithTheRate) {
  const double best = Planned(F2(120, 4, 10));
  AgentFleet fleet(F2(120, 4, 10), DtoEeOptions::Live(1), 9, {.count_s = 0.1});
  fleet.Run(100);
  EXPECT_LT(Follow(fleet, best, 200).mean_excess, 0.05);
}

TEST(AgentLive, LeavesANodeThatSlowsFourTimes) {
  AgentFleet fleet(F2(120, 4), DtoEeOptions::Live(1), 9, {.count_s = 0.1});
  fleet.Run(100);
  const int slow = fleet.problem().first_node(2);  // 60/s of a stage of 96/s
  const double load = fleet.Evaluate().utilization[static_cast<std::size_t>(slow)];
  fleet.problem().SetServiceRate(slow, 15);
  fleet.Run(50);
  EXPECT_GT(4 * load, 1.2) << "it would have been overloaded";
  const double best = Planned(fleet.problem());
  const Course after = Follow(fleet, best, 200);
  EXPECT_LT(after.mean_excess, 0.6);
  EXPECT_LT(after.worst_utilization, 1.1);
}

TEST(AgentLive, SaysOverloadedWhenTheFirstStageCannotKeepUp) {
  AgentFleet calm(F2(120, 4), DtoEeOptions::Live(1), 9);
  calm.Run(100);
  EXPECT_FALSE(calm.agent(0).overloaded());
  EXPECT_TRUE(calm.agent(0).gain_curve().confidence.empty()) << "a gateway has no exit";
  EXPECT_GT(calm.agent(4).gain_curve().confidence.size(), 10U);
  AgentFleet flooded(F2(300, 4), DtoEeOptions::Live(1), 9);
  flooded.Run(100);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(flooded.agent(i).overloaded());
    EXPECT_NEAR(flooded.agent(i).excess_share(), 1 - 0.97 * 240 / 300, 0.02);
  }
  // Later stages are safe: thresholds fell.
  const Evaluation& e = flooded.Evaluate();
  for (std::size_t n = 7; n < e.utilization.size(); ++n) EXPECT_LT(e.utilization[n], 1.0);
}

}  // namespace
}  // namespace offramp
