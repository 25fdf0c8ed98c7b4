#include "offramp/core/strategy.h"

#include <cmath>

namespace offramp {
namespace {

// Splits every sender's tasks in proportion to weight(link) > 0.
template <typename Weight>
Strategy Proportional(const Problem& problem, double threshold, Weight weight) {
  Strategy strategy;
  strategy.share.resize(static_cast<std::size_t>(problem.link_count()));
  strategy.threshold.assign(static_cast<std::size_t>(problem.node_count()), threshold);
  for (int node = 0; node < problem.node_count(); ++node) {
    const int begin = problem.first_link(node);
    const int end = problem.first_link(node + 1);
    double total = 0;
    for (int l = begin; l < end; ++l) total += weight(problem.link(l));
    for (int l = begin; l < end; ++l) {
      strategy.share[static_cast<std::size_t>(l)] = weight(problem.link(l)) / total;
    }
  }
  return strategy;
}

}  // namespace

Strategy UniformStrategy(const Problem& problem, double threshold) {
  return Proportional(problem, threshold, [](const ProblemLink&) { return 1.0; });
}

Strategy CapacityStrategy(const Problem& problem, double threshold) {
  return Proportional(problem, threshold, [&](const ProblemLink& link) {
    return problem.node(link.to).service_rate_per_s;
  });
}

void SetStageThreshold(const Problem& problem, int stage, double threshold, Strategy& strategy) {
  for (int node = problem.first_node(stage); node < problem.first_node(stage + 1); ++node) {
    strategy.threshold[static_cast<std::size_t>(node)] = threshold;
  }
}

Status CheckStrategy(const Problem& problem, const Strategy& strategy) {
  if (strategy.share.size() != static_cast<std::size_t>(problem.link_count()) ||
      strategy.threshold.size() != static_cast<std::size_t>(problem.node_count())) {
    return InvalidArgumentError("the strategy is not of this problem's size");
  }
  for (int node = 0; node < problem.first_node(problem.stages()); ++node) {
    double total = 0;
    bool valid = true;
    for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
      const double share = strategy.share[static_cast<std::size_t>(l)];
      valid = valid && share >= 0;  // false for NaN, too
      total += share;
    }
    if (!valid || !(std::abs(total - 1) <= 1e-6)) {
      return InvalidArgumentError("node '" + problem.node(node).name +
                                  "': shares must be >= 0 and sum to 1");
    }
  }
  for (const double threshold : strategy.threshold) {
    if (std::isnan(threshold)) return InvalidArgumentError("a threshold is not a number");
  }
  return OkStatus();
}

}  // namespace offramp
