// One replica of each stage, on the machines and at the cuts that suit best: what a pipeline's
// planner decides (prima.cpp's integer programme). Exact by enumeration with a bound.
//
// Cost is the mean delay at the sources' rates: machines shared at their best, transfers; waits for
// links are left out. Of a model with free cuts every machine gets one stage at most. A partial
// path is given up where it and the cheapest rest, each stage alone on its machine, cost more than
// the best path known.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "offramp/placement/placement_task.h"

namespace offramp {

struct SinglePath {
  Placement placement;
  double delay_s = 0;
  bool proven = true;  // false: the search was cut short, this is the best until then
};

// `reach`: share of tasks that comes to each segment. Nothing where no path keeps the memory.
std::optional<SinglePath> BestSinglePath(const PlacementTask& task,
                                         const std::vector<double>& reach,
                                         const std::function<bool()>& stop = {});

}  // namespace offramp
