// The best plan that a centre with all the numbers finds: interior-point optimisation (Ipopt) of
// the link flows with exact slopes (marginal_cost.h), alternating with thresholds cut by exact
// evaluation, from several starts. Used by `--policy optimum`, tests and benchmarks.
//
// With thresholds equal within each stage the flows it finds are globally optimal; with thresholds
// of their own, and jointly, U has local optima (algorithm.md section 2): "best known", not "best".
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"

namespace offramp {

struct ReferenceOptions {
  std::vector<Strategy> starts;  // tried first, as they are; may be empty
  int own_starts = 3;            // stage-wide thresholds: tuned, then by seed
  int alternations = 12;         // of flows and thresholds a start, at most
  bool thresholds_move = true;   // false: only the flows, for the starts' thresholds
  std::uint64_t seed = 1;
  std::function<bool()> stop;  // asked between iterations; true: the best so far. Null: never
};

struct Reference {
  Strategy strategy;
  double objective_s = 0;  // U, exact
  int start = 0;           // which one gave it; options.starts first
};

// kInternal when Ipopt cannot be set up; what it leaves unfinished still gives its best point.
// REQUIRES: CheckStrategy for every start.
Result<Reference> SolveReference(const Problem& problem, const ReferenceOptions& options);

// One pass over all replicas with an exit: each threshold to the best cut near the one that the
// present prices ask for, kept only where the exact U falls. Returns U.
double ImproveThresholds(const Problem& problem, Strategy& strategy);

}  // namespace offramp
