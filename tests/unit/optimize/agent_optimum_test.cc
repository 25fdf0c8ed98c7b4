// All agents together on problems small enough to know the optimum.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/unit/optimize/agent_fleet.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

Problem OneStage(std::vector<double> rates, std::vector<double> transfer_s, double lambda,
                 int sources = 1) {
  std::vector<ProblemNode> nodes;
  std::vector<ProblemLink> links;
  for (int i = 0; i < sources; ++i) nodes.push_back({.arrival_rate_per_s = lambda / sources});
  for (std::size_t k = 0; k < rates.size(); ++k) {
    nodes.push_back({.stage = 1, .service_rate_per_s = rates[k], .congestion = 1});
    for (int i = 0; i < sources; ++i) {
      links.push_back(
          {.from = i, .to = sources + static_cast<int>(k), .transfer_s = transfer_s[k]});
    }
  }
  return Problem::Create(nodes, links, nullptr, 1).value();
}

TEST(AgentOptimum, SquareRootSplitOfUnequalQueues) {
  // Closed form: mu_i - lambda_i proportional to sqrt(mu_i).
  for (const int sources : {1, 3}) {
    AgentFleet fleet(OneStage({30, 10}, {0, 0}, 20, sources), {}, 1);
    fleet.Run(60);
    const double unit = (40 - 20) / (std::sqrt(30.0) + std::sqrt(10.0));
    const Evaluation& e = fleet.Evaluate();
    EXPECT_NEAR(e.arrival_rate_per_s[static_cast<std::size_t>(sources)],
                30 - std::sqrt(30.0) * unit, 0.02);
  }
}

TEST(AgentOptimum, SymmetricFleetSplitsEvenly) {
  AgentFleet fleet(
      FleetProblem(2, 60, {{40, 40}, {20, 20, 20}}, 0.002, SyntheticProfile(2, 1, 500, 4), 1), {},
      1);
  fleet.Run(80);
  const Evaluation& e = fleet.Evaluate();
  EXPECT_NEAR(e.arrival_rate_per_s[2], 30, 0.1);
  for (std::size_t n = 4; n < 7; ++n) {
    EXPECT_NEAR(e.utilization[n], e.utilization[4], 0.01);
  }
}

TEST(AgentOptimum, SlowLinkIsUsedOnlyUnderLoad) {
  // The second replica is as fast, but 50 ms away: 1 / (20 - l)^2 * 20 reaches 1 / 20 + 0.05 + ...
  // only when the first is loaded. Brute force over the split says how much each time.
  for (const double lambda : {4.0, 12.0, 18.0, 30.0}) {
    Problem problem = OneStage({20, 20}, {0, 0.05}, lambda);
    Evaluator evaluator;
    Strategy strategy = UniformStrategy(problem, 1);
    double best = 1e9;
    double best_share = 0;
    for (int step = 0; step <= 2000; ++step) {
      strategy.share = {step / 2000.0, 1 - step / 2000.0};
      const double u = evaluator.Evaluate(problem, strategy).objective_s;
      if (u < best) {
        best = u;
        best_share = strategy.share[0];
      }
    }
    AgentFleet fleet(std::move(problem), {}, 1);
    EXPECT_LT(fleet.Run(60), best * (1 + 1e-4)) << lambda;
    EXPECT_NEAR(fleet.agent(0).shares()[0], best_share, 0.01) << lambda;
  }
}

TEST(AgentOptimum, OneThresholdMatchesBruteForceOverItsCuts) {
  const auto profile = SyntheticProfile(2, 1, 400, 21);
  for (const double rate : {20.0, 45.0, 70.0}) {
    const Problem problem = FleetProblem(1, rate, {{90}, {40}}, 0.005, profile, 1);
    Evaluator evaluator;
    Strategy strategy = UniformStrategy(problem, 0);
    double best = 1e9;
    double delay = 0;
    std::vector<float> cuts(profile->confidence(1).begin(), profile->confidence(1).end());
    cuts.push_back(2.0F);
    for (const float cut : cuts) {
      strategy.threshold[1] = static_cast<double>(cut);
      const Evaluation& e = evaluator.Evaluate(problem, strategy);
      if (e.objective_s < best) {
        best = e.objective_s;
        delay = e.mean_delay_s;
      }
    }
    AgentFleet fleet(problem, {}, 1);
    EXPECT_LT(fleet.Run(150), best + 1e-3 * delay) << "rate " << rate;
  }
}

TEST(AgentOptimum, ThresholdsFallAsTheLoadRises) {
  double before = 2;
  for (const double rate : {40.0, 80.0, 120.0, 160.0}) {
    AgentFleet fleet(
        FleetProblem(1, rate, {{200}, {60}}, 0.002, SyntheticProfile(2, 1, 1000, 5), 1), {}, 1);
    fleet.Run(120);
    EXPECT_LT(fleet.agent(1).threshold(), before);
    EXPECT_LT(fleet.Evaluate().max_utilization, 0.97);
    before = fleet.agent(1).threshold();
  }
}

TEST(AgentOptimum, WithoutAProfileRoutesAndNeverExits) {
  AgentFleet fleet(FleetProblem(2, 50, {{60, 30}, {50, 40}}, 0.002, nullptr, 1), {}, 1);
  fleet.Run(80);
  const Evaluation& e = fleet.Evaluate();
  EXPECT_EQ(fleet.agent(2).threshold(), kNeverExit);
  EXPECT_NEAR(e.exit_share[1], 1, 1e-6);
  // Each stage by the square-root rule for k = 1/2: compare with the best of a fine grid.
  Evaluator evaluator;
  Strategy strategy = fleet.strategy();
  double best = 1e9;
  for (int a = 0; a <= 100; ++a) {
    for (int b = 0; b <= 100; ++b) {
      for (std::size_t l = 0; l < 4; l += 2) {
        strategy.share[l] = a / 100.0;
        strategy.share[l + 1] = 1 - a / 100.0;
        strategy.share[l + 4] = b / 100.0;
        strategy.share[l + 5] = 1 - b / 100.0;
      }
      best = std::min(best, evaluator.Evaluate(fleet.problem(), strategy).objective_s);
    }
  }
  EXPECT_LT(fleet.Objective(), best * 1.001);
}

}  // namespace
}  // namespace offramp
