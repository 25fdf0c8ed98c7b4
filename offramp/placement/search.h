// The search for placements: descents by single moves from several starts, then kicks and further
// descents until the evaluations are spent. Compares by FlowCost; deterministic by seed.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "offramp/placement/placement_task.h"

namespace offramp {

struct SearchOptions {
  std::int64_t evaluations = 40'000;
  std::size_t keep = 12;
  std::uint64_t seed = 1;
  std::function<void(std::int64_t done, double best_delay_s)> progress;  // may be null
  std::function<bool()> stop;                                            // may be null
};

struct FoundPlacement {
  Placement placement;
  double delay_s = 0;  // FlowCost's
};

// The best local optima, distinct, best first. `reach`: share of tasks that comes to each segment.
// `starts` that do not fit are left out; others are made here. Empty where nothing fits.
std::vector<FoundPlacement> SearchPlacements(const PlacementTask& task,
                                             const std::vector<double>& reach,
                                             const std::vector<Placement>& starts,
                                             const SearchOptions& options);

// The same from segments to the stages of a placement.
std::vector<double> ReachOfStages(const Placement& placement, const std::vector<double>& reach);

}  // namespace offramp
