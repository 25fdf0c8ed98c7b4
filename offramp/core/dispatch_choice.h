// What the policies share: least score with fair ties, a draw by weight, capacities.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/sender.h"

namespace offramp {

// The candidate of least score(k). Ties are broken uniformly: always taking the first would make
// senders that know the same herd on the same receiver. Draws only where there is a tie.
template <typename Score>
int LeastScore(std::span<const int> candidates, Random& random, Score score) {
  int best = candidates.front();
  double least = std::numeric_limits<double>::infinity();
  std::uint64_t tied = 0;
  for (const int k : candidates) {
    const double value = score(k);
    if (!(value <= least)) continue;  // nor what is not a number
    tied = value < least ? 1 : tied + 1;
    least = value;
    if (tied == 1 || random.Below(tied) == 0) best = k;
  }
  return best;
}

// A candidate drawn with probability proportional to weights[position in candidates]. Uniform when
// no weight is positive.
int DrawByWeight(std::span<const int> candidates, std::span<const double> weights, Random& random);

// Expected speed in tasks/s: the spec's, else 1 / service time, 0 while neither is known.
inline double CapacityOf(const ReceiverState& receiver) {
  if (receiver.spec.capacity_tasks_per_s > 0) return receiver.spec.capacity_tasks_per_s;
  return receiver.service_s > 0 ? 1 / receiver.service_s : 0;
}

// Capacities of the candidates, by position, into `capacities`. One whose speed is unknown counts
// as the mean of the others; all are 1 when none is known.
void CapacitiesOf(std::span<const int> candidates, std::span<const ReceiverState> receivers,
                  std::vector<double>& capacities);

}  // namespace offramp
