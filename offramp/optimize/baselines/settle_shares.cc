#include <algorithm>
#include <cmath>

#include "offramp/core/evaluate.h"
#include "offramp/core/queue_model.h"
#include "offramp/optimize/baselines/baseline.h"

namespace offramp {
namespace {

constexpr int kIterations = 120;
constexpr double kFirstStep = 0.4;  // then falls, so that steep queues cannot make it swing

// Mean time at a replica; 1 / mu when idle.
double Sojourn(const ProblemNode& node, double arrivals) {
  if (arrivals <= 0) return 1 / node.service_rate_per_s;
  return EvaluateQueue(arrivals, node.service_rate_per_s, node.congestion).number / arrivals;
}

}  // namespace

Strategy SettleShares(const BaselineInput& input, const SplitRule& rule) {
  const Problem& problem = input.problem;
  Strategy strategy = UniformStrategy(problem, 0);
  strategy.threshold = input.threshold;
  Evaluator evaluator;
  std::vector<double> hop_s;
  std::vector<double> rate;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    const Evaluation& e = evaluator.Evaluate(problem, strategy);
    const double step = kFirstStep / (1 + 0.05 * iteration);
    for (int node = 0; node < problem.first_node(problem.stages()); ++node) {
      hop_s.clear();
      rate.clear();
      const int first = problem.first_link(node);
      for (int l = first; l < problem.first_link(node + 1); ++l) {
        const ProblemLink& link = problem.link(l);
        const ProblemNode& to = problem.node(link.to);
        hop_s.push_back(link.transfer_s +
                        Sojourn(to, e.arrival_rate_per_s[static_cast<std::size_t>(link.to)]));
        rate.push_back(to.service_rate_per_s);
      }
      const std::vector<double> wanted = rule(hop_s, rate);
      double total = 0;
      for (const double weight : wanted) total += weight;
      for (std::size_t k = 0; k < wanted.size(); ++k) {
        double& share = strategy.share[static_cast<std::size_t>(first) + k];
        share += step * (wanted[k] / total - share);
      }
    }
  }
  return strategy;
}

}  // namespace offramp
