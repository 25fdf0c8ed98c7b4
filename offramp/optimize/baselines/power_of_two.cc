#include "offramp/optimize/baselines/baseline.h"

namespace offramp {

// Two receivers at random, the one with fewer outstanding: each pair splits what it is drawn for
// as least outstanding would.
Strategy PowerOfTwo(const BaselineInput& input) {
  return SettleShares(input, [](std::span<const double> hop_s, std::span<const double>) {
    const std::size_t size = hop_s.size();
    std::vector<double> weight(size, size == 1 ? 1.0 : 0.0);
    for (std::size_t j = 0; j < size; ++j) {
      for (std::size_t k = j + 1; k < size; ++k) {
        const double sum = 1 / hop_s[j] + 1 / hop_s[k];
        weight[j] += 1 / hop_s[j] / sum;
        weight[k] += 1 / hop_s[k] / sum;
      }
    }
    return weight;
  });
}

}  // namespace offramp
