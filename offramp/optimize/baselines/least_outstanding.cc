#include "offramp/optimize/baselines/baseline.h"

namespace offramp {

// Always the receiver with the fewest outstanding: in the mean all have the same number, and by
// Little's law that number is flow T.
Strategy LeastOutstanding(const BaselineInput& input) {
  return SettleShares(input, [](std::span<const double> hop_s, std::span<const double>) {
    std::vector<double> weight;
    for (const double hop : hop_s) weight.push_back(1 / hop);
    return weight;
  });
}

}  // namespace offramp
