// The bound holds against the best plan known, and is tight where theory says so.
#include "offramp/optimize/certificate.h"

#include <gtest/gtest.h>

#include "offramp/core/evaluate.h"
#include "offramp/optimize/generate_scenario.h"
#include "offramp/optimize/reference.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

TEST(Certificate, IsExactAtTheOptimumWithoutExits) {
  // Convex in flows, no thresholds: at the optimum every used path costs the same.
  const Problem problem = FleetProblem(2, 50, {{60, 30}, {50, 40}}, 0.002, nullptr, 0);
  const Reference best = SolveReference(problem, {}).value();
  const Certificate certificate = Certify(problem, best.strategy);
  EXPECT_LE(certificate.lower_bound_s, best.objective_s + 1e-9);
  EXPECT_LT(certificate.gap_s, 1e-4 * best.objective_s);
  EXPECT_EQ(certificate.grid, "no exits");
}

TEST(Certificate, GrowsWithTheDistanceFromTheOptimum) {
  const Problem problem = FleetProblem(2, 50, {{60, 30}, {50, 40}}, 0.002, nullptr, 0);
  const Strategy even = UniformStrategy(problem, 1);
  const double best = SolveReference(problem, {}).value().objective_s;
  const Certificate certificate = Certify(problem, even);
  const double excess = Evaluator().Evaluate(problem, even).objective_s - best;
  EXPECT_GT(excess, 0);
  EXPECT_GE(certificate.gap_s, excess - 1e-9);
}

TEST(Certificate, NeverExceedsTheBestKnownPlan) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    GeneratorOptions options;
    options.seed = seed;
    options.devices = 6;
    options.stages = 2 + static_cast<int>(seed % 3);
    options.nodes = 2 * options.stages;
    options.exits = options.stages - 1;
    options.rows = 120;
    const Problem problem = ProblemOf(GenerateScenario(options).value()).value();
    const Reference best = SolveReference(problem, {.own_starts = 1, .alternations = 4}).value();
    const double delay = Evaluator().Evaluate(problem, best.strategy).mean_delay_s;
    const Certificate at_best = Certify(problem, best.strategy);
    EXPECT_LE(at_best.lower_bound_s, best.objective_s + 1e-6 * delay) << seed;
    EXPECT_LT(at_best.gap_s, 0.1 * delay) << seed;
    // From another plan's prices the bound is looser and still a bound, up to the grid.
    const Certificate cold = Certify(problem, UniformStrategy(problem, 0.8));
    EXPECT_LE(cold.lower_bound_s, best.objective_s + 1e-3 * delay) << seed;
  }
}

TEST(Certificate, TakesAllCutsWhereTheBudgetAllowsIt) {
  const Problem problem = GenerateProblem({.replicas = {3, 2}, .rows = 300}, 4);
  const Strategy even = UniformStrategy(problem, 0.8);
  const Certificate fine = Certify(problem, even);
  const Certificate coarse = Certify(problem, even, {.work = 100});
  EXPECT_NE(fine.grid.find("all cuts"), std::string::npos);
  EXPECT_NE(coarse.grid.find("quantiles"), std::string::npos);
  EXPECT_LE(fine.lower_bound_s, coarse.lower_bound_s + 1e-12);
}

}  // namespace
}  // namespace offramp
