#include <algorithm>

#include "offramp/optimize/baselines/baseline.h"

namespace offramp {
namespace {

constexpr double kFastestTransfer_s = 1e-6;  // stands for links that take no time

}  // namespace

// All receivers of one sender get the same bytes, so that rate and 1 / transfer time agree but for
// latency.
Strategy BandwidthFirst(const BaselineInput& input) {
  const Problem& problem = input.problem;
  Strategy strategy = UniformStrategy(problem, 0);
  strategy.threshold = input.threshold;
  for (int node = 0; node < problem.first_node(problem.stages()); ++node) {
    double total = 0;
    for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
      double& share = strategy.share[static_cast<std::size_t>(l)];
      share = 1 / std::max(problem.link(l).transfer_s, kFastestTransfer_s);
      total += share;
    }
    for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
      strategy.share[static_cast<std::size_t>(l)] /= total;
    }
  }
  return strategy;
}

}  // namespace offramp
