#include "offramp/core/exit_rule.h"
#include "offramp/optimize/baselines/baseline.h"

namespace offramp {

// Least (outstanding + 1) / capacity; the 1 is left out, as if many were outstanding.
Strategy WeightedLeastOutstanding(const BaselineInput& input) {
  return SettleShares(input, [](std::span<const double> hop_s, std::span<const double> rate) {
    std::vector<double> weight;
    for (std::size_t k = 0; k < hop_s.size(); ++k) weight.push_back(rate[k] / hop_s[k]);
    return weight;
  });
}

Strategy NoExit(const BaselineInput& input) {
  BaselineInput never = input;
  never.threshold.assign(never.threshold.size(), kNeverExit);
  return WeightedLeastOutstanding(never);
}

}  // namespace offramp
