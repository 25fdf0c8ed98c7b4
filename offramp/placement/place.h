// Place: START HERE. Machines and a model in; which cuts, which stages on which machines and at
// what share of their speed out, with what others' rules would have given and a bound on what any
// placement can.
//
//   bound      every machine a fluid server: a lower bound, and how far tasks will go
//   (fluid_bound.h) search     descents and kicks over placements, by a quick estimate (search.h,
//   flow_cost.h) assess     the best of them by DTO-EE's own optimum, machines shared to suit
//   (placed_plan.h) again      with what the plan's exits let through, until that gives nothing
//   better polish     single moves, judged by DTO-EE's optimum
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/placement/fluid_bound.h"
#include "offramp/placement/placed_plan.h"
#include "offramp/placement/placement_task.h"

namespace offramp {

struct PlaceOptions {
  std::uint64_t seed = 1;
  std::int64_t evaluations = 40'000;  // of the search, a pass
  int polishings = 200;               // assessments of single moves, at most
  // First placements to look at, besides those of the rules.
  std::vector<Placement> starts;
  std::function<void(const std::string& what)> progress;  // may be null
  std::function<bool()> stop;                             // may be null
};

// What one of the rules comes to (rules.h).
struct RulePlaced {
  std::string name;  // "one machine", "by memory", "by speed", "one replica each"
  std::optional<PlacedPlan> placed;
  std::string problem;  // why there is none
};

struct PlaceReport {
  PlacedPlan best;
  std::vector<RulePlaced> rules;
  FluidBound bound;
  double gap_s = 0;  // best.objective_s less the bound
  double accuracy_weight_s = 0;
  std::size_t threshold_vectors = 0;  // of the grid on which the bound holds
};

// Deterministic by seed. kInvalidArgument, one line: nothing keeps the memory, the load is beyond
// every placement found (by how much), the objective cannot be met; kCancelled when stopped.
Result<PlaceReport> Place(const PlacementTask& task, const PlaceOptions& options);

}  // namespace offramp
