// What each baseline promises: shares by its rule, nobody gaining alone, evolution that improves.
#include <cmath>

#include <gtest/gtest.h>

#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/queue_model.h"
#include "offramp/optimize/baselines/baseline.h"
#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

// One source, two replicas (20 and 10 tasks/s), the first 10 ms away and the second 40 ms.
Problem Pair(double rate) {
  std::vector<ProblemNode> nodes = {{.name = "s", .arrival_rate_per_s = rate},
                                    {.name = "a", .stage = 1, .service_rate_per_s = 20},
                                    {.name = "b", .stage = 1, .service_rate_per_s = 10}};
  return Problem::Create(
             nodes,
             {{.from = 0, .to = 1, .transfer_s = 0.01}, {.from = 0, .to = 2, .transfer_s = 0.04}},
             nullptr, 0)
      .value();
}

BaselineInput Input(const Problem& problem, double threshold = 0.8) {
  return {
      .problem = problem,
      .threshold = std::vector<double>(static_cast<std::size_t>(problem.node_count()), threshold)};
}

// Mean time from sending until done, by receiver.
std::vector<double> Hops(const Problem& problem, const Strategy& strategy) {
  const Evaluation e = Evaluator().Evaluate(problem, strategy);
  std::vector<double> hops;
  for (int l = 0; l < problem.link_count(); ++l) {
    const auto to = static_cast<std::size_t>(problem.link(l).to);
    const ProblemNode& node = problem.node(problem.link(l).to);
    const double arrivals = e.arrival_rate_per_s[to];
    hops.push_back(problem.link(l).transfer_s +
                   EvaluateQueue(arrivals, node.service_rate_per_s, node.congestion).number /
                       arrivals);
  }
  return hops;
}

TEST(Baselines, SharesByCapacityByLinkAndEven) {
  const Problem problem = Pair(10);
  EXPECT_NEAR(ComputingFirst(Input(problem)).share[0], 2.0 / 3, 1e-12);
  EXPECT_NEAR(BandwidthFirst(Input(problem)).share[0], 0.8, 1e-12);
  EXPECT_EQ(RoundRobin(Input(problem)).share[0], 0.5);
  EXPECT_EQ(RoundRobin(Input(problem, 0.7)).threshold[1], 0.7);
}

TEST(Baselines, ReactiveRulesSettleWhereTheyEqualise) {
  const Problem problem = Pair(18);
  Strategy s = LeastOutstanding(Input(problem));
  std::vector<double> hop = Hops(problem, s);
  EXPECT_NEAR(s.share[0] * hop[0], s.share[1] * hop[1], 1e-3);
  s = WeightedLeastOutstanding(Input(problem));
  hop = Hops(problem, s);
  EXPECT_NEAR(s.share[0] * hop[0] / 20, s.share[1] * hop[1] / 10, 1e-4);
  s = PeakEwma(Input(problem));
  hop = Hops(problem, s);
  EXPECT_NEAR(s.share[0] * hop[0] * hop[0], s.share[1] * hop[1] * hop[1], 1e-4);
  // With two receivers, two random choices are both of them.
  EXPECT_NEAR(PowerOfTwo(Input(problem)).share[0], LeastOutstanding(Input(problem)).share[0], 1e-9);
}

TEST(Baselines, InNashNobodyGainsByMovingAlone) {
  const Problem problem = GenerateProblem({.sources = 4, .replicas = {3, 2}, .rows = 200}, 6);
  const Strategy nash = Nash(Input(problem));
  ASSERT_TRUE(CheckStrategy(problem, nash).ok());
  // Own delay of a source: over its own shares, at everybody's queues.
  const auto own_delay = [&](const Strategy& strategy, int source) {
    const std::vector<double> hop = Hops(problem, strategy);
    const Evaluation e = Evaluator().Evaluate(problem, strategy);
    double delay = 0;
    for (int l = problem.first_link(source); l < problem.first_link(source + 1); ++l) {
      const int to = problem.link(l).to;
      double ahead = 0;
      for (int m = problem.first_link(to); m < problem.first_link(to + 1); ++m) {
        ahead += strategy.share[static_cast<std::size_t>(m)] * hop[static_cast<std::size_t>(m)];
      }
      const auto k = static_cast<std::size_t>(to);
      delay +=
          strategy.share[static_cast<std::size_t>(l)] *
          (hop[static_cast<std::size_t>(l)] + e.outflow_per_s[k] / e.arrival_rate_per_s[k] * ahead);
    }
    return delay;
  };
  for (int source = 0; source < problem.first_node(1); ++source) {
    const double settled = own_delay(nash, source);
    const int first = problem.first_link(source);
    for (int from = first; from < problem.first_link(source + 1); ++from) {
      for (int to = first; to < problem.first_link(source + 1); ++to) {
        Strategy moved = nash;
        double& loser = moved.share[static_cast<std::size_t>(from)];
        const double part = std::min(0.1, loser);
        loser -= part;
        moved.share[static_cast<std::size_t>(to)] += part;
        EXPECT_GE(own_delay(moved, source), settled * (1 - 2e-3)) << source;
      }
    }
  }
}

TEST(Baselines, NoExitNeverExits) {
  const Problem problem = GenerateProblem({.rows = 200}, 2);
  const Evaluation e = Evaluator().Evaluate(problem, NoExit(Input(problem)));
  EXPECT_NEAR(e.exit_share.back(), 1, 1e-6);
}

TEST(Baselines, EvolutionBeatsWhatItStartsFromAndRepeatsBySeed) {
  const Problem problem = GenerateProblem({.sources = 4, .replicas = {3, 2}, .rows = 200}, 6);
  const Strategy evolved = Genetic(Input(problem));
  Evaluator evaluator;
  const double found = evaluator.Evaluate(problem, evolved).objective_s;
  EXPECT_LT(found, evaluator.Evaluate(problem, ComputingFirst(Input(problem))).objective_s);
  EXPECT_LT(found, evaluator.Evaluate(problem, RoundRobin(Input(problem))).objective_s);
  EXPECT_EQ(evolved.share, Genetic(Input(problem)).share);
}

}  // namespace
}  // namespace offramp
