// The fixed thresholds that an able operator would set for a baseline (`thresholds: tuned`): the
// best stage-wide values for a problem's rates, with shares proportional to capacity.
#pragma once

#include <vector>

#include "offramp/core/problem.h"

namespace offramp {

struct TunedThresholds {
  std::vector<double> by_stage;  // [stage - 1]; kNeverExit where a stage has no exit
  double objective_s = 0;        // U there
  bool feasible = true;          // false: some replica is overloaded at every setting tried, and
                                 // these overload the least
};

// Coordinate descent on a grid of thresholds from several starts. Deterministic. Some thousand
// evaluations: well below a second for ten nodes, three exits and 5000 rows.
TunedThresholds TuneThresholds(const Problem& problem);

}  // namespace offramp
