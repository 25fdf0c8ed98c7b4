// Every placement there is, by DTO-EE's own optimum: what the search is held against.
#pragma once

#include <cstdint>

#include "offramp/placement/placed_plan.h"

namespace offramp::bench {

struct Exhausted {
  PlacedPlan best;
  std::int64_t placements = 0;
};

// Minutes beyond four machines and three stages.
Exhausted TryAll(const PlacementTask& task, const std::vector<double>& reach);

}  // namespace offramp::bench
