#include "offramp/core/dispatch_choice.h"

#include <cstddef>

namespace offramp {

int DrawByWeight(std::span<const int> candidates, std::span<const double> weights, Random& random) {
  double total = 0;
  for (const double weight : weights) total += weight;
  if (!(total > 0)) return candidates[random.Below(candidates.size())];
  double left = random.Uniform() * total;
  int last = candidates.front();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = candidates[i];
    left -= weights[i];
    if (left < 0) break;
  }
  // Rounding may leave a last crumb of the draw: it belongs to the last positive weight.
  return last;
}

void CapacitiesOf(std::span<const int> candidates, std::span<const ReceiverState> receivers,
                  std::vector<double>& capacities) {
  capacities.clear();
  double total = 0;
  std::size_t known = 0;
  for (const int k : candidates) {
    const double capacity = CapacityOf(receivers[static_cast<std::size_t>(k)]);
    capacities.push_back(capacity);
    total += capacity;
    known += capacity > 0 ? 1 : 0;
  }
  const double mean = known > 0 ? total / static_cast<double>(known) : 1;
  for (double& capacity : capacities) {
    if (capacity <= 0) capacity = mean;
  }
}

}  // namespace offramp
