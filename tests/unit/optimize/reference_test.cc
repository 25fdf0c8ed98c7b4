// The centralised optimum where it is known, and never worse than what agents find.
#include "offramp/optimize/reference.h"

#include <cmath>

#include <gtest/gtest.h>

#include "offramp/optimize/flow_solver.h"
#include "offramp/optimize/generate_scenario.h"
#include "tests/unit/optimize/agent_fleet.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

TEST(Reference, SquareRootSplitOfUnequalQueues) {
  // Closed form for k = 1: mu_i - lambda_i proportional to sqrt(mu_i).
  std::vector<ProblemNode> nodes = {{.name = "s", .arrival_rate_per_s = 20},
                                    {.name = "a", .stage = 1, .service_rate_per_s = 30},
                                    {.name = "b", .stage = 1, .service_rate_per_s = 10}};
  const Problem problem =
      Problem::Create(nodes, {{.from = 0, .to = 1}, {.from = 0, .to = 2}}, nullptr, 0).value();
  const Reference best = SolveReference(problem, {}).value();
  const double unit = (40 - 20) / (std::sqrt(30.0) + std::sqrt(10.0));
  EXPECT_NEAR(20 * best.strategy.share[0], 30 - std::sqrt(30.0) * unit, 1e-3);
}

TEST(Reference, OneThresholdMatchesBruteForceOverItsCuts) {
  const auto profile = SyntheticProfile(2, 1, 400, 21);
  for (const double rate : {20.0, 45.0, 70.0}) {
    const Problem problem = FleetProblem(1, rate, {{90}, {40}}, 0.005, profile, 1);
    Evaluator evaluator;
    Strategy strategy = UniformStrategy(problem, 0);
    double best = 1e9;
    for (std::size_t r = 0; r <= profile->rows(); ++r) {
      strategy.threshold[1] =
          r < profile->rows() ? static_cast<double>(profile->confidence(1)[r]) : 2.0;
      best = std::min(best, evaluator.Evaluate(problem, strategy).objective_s);
    }
    const Reference found = SolveReference(problem, {.own_starts = 4}).value();
    EXPECT_LT(found.objective_s, best + 2e-3 * std::abs(best)) << rate;
    EXPECT_GE(found.objective_s, best - 1e-9) << rate;
  }
}

TEST(Reference, IsNoWorseThanAgentsFromTheirEnd) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Problem problem =
        GenerateProblem({.sources = 5, .replicas = {3, 2, 2}, .load = 0.8, .rows = 200}, seed);
    AgentFleet fleet(problem, {}, 7);
    const double agents = fleet.Run(200);
    const Reference found =
        SolveReference(problem, {.starts = {fleet.strategy()}, .own_starts = 0}).value();
    EXPECT_LE(found.objective_s, agents + 1e-9) << seed;
    EXPECT_TRUE(CheckStrategy(problem, found.strategy).ok());
  }
}

TEST(Reference, FlowsAloneReachOneOptimumFromAnywhere) {
  // Thresholds equal within each stage: convex in flows, so starts must agree.
  const Problem problem = GenerateProblem({.sources = 5, .load = 0.75, .rows = 200}, 11);
  Strategy even = UniformStrategy(problem, 0.7);
  Strategy by_capacity = CapacityStrategy(problem, 0.7);
  const double a = SolveFlows(problem, even).value();
  const double b = SolveFlows(problem, by_capacity).value();
  const double delay = Evaluator().Evaluate(problem, even).mean_delay_s;
  EXPECT_NEAR(a, b, 1e-4 * delay);
}

}  // namespace
}  // namespace offramp
