// Strategy: what is decided for a Problem: the shares by which every node splits what it sends on,
// and the threshold of every replica that has an exit. A value.
#pragma once

#include <vector>

#include "offramp/base/status.h"
#include "offramp/core/problem.h"

namespace offramp {

struct Strategy {
  std::vector<double> share;      // p by link index; a sender's shares sum to 1
  std::vector<double> threshold;  // c by node index: exit iff confidence >= c; ignored elsewhere
};

// Every sender splits evenly; every threshold is `threshold`.
Strategy UniformStrategy(const Problem& problem, double threshold);

// Every sender splits by its receivers' service rates.
Strategy CapacityStrategy(const Problem& problem, double threshold);

// One threshold for all replicas of `stage`.
void SetStageThreshold(const Problem& problem, int stage, double threshold, Strategy& strategy);

// OK iff the sizes fit and every sender's shares are >= 0 and sum to 1 within 1e-6.
Status CheckStrategy(const Problem& problem, const Strategy& strategy);

}  // namespace offramp
