#include "offramp/optimize/baselines/baseline.h"

namespace offramp {

// Least latency (outstanding + 1), with the mean latency for its peak: T (flow T) is equalised.
Strategy PeakEwma(const BaselineInput& input) {
  return SettleShares(input, [](std::span<const double> hop_s, std::span<const double>) {
    std::vector<double> weight;
    for (const double hop : hop_s) weight.push_back(1 / (hop * hop));
    return weight;
  });
}

}  // namespace offramp
