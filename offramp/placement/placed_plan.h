// A placement with DTO-EE's own optimum on it: what it is really worth.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/scenario.h"
#include "offramp/optimize/plan.h"
#include "offramp/placement/placement_task.h"

namespace offramp {

struct PlacedPlan {
  Placement placement;
  // By stage - 1 and replica: its part of the machine's speed. Five figures, rounded down.
  std::vector<std::vector<double>> gflops_per_s;
  Scenario scenario;  // nodes by stage, in the placement's order; links where machines have one
  Plan plan;
  double link_wait_s = 0;  // mean wait for links that pairs share; a plan does not count it
  double delay_s = 0;      // the plan's and that
  double objective_s = 0;  // U with that delay
  std::vector<double> machine_load;  // by machine: share of its speed in use
  double max_link_load = 0;
  int busiest_link = -1;  // index into machines().links; -1: none in use

  double accuracy() const { return plan.predicted.accuracy; }
  // Some queue grows without bound.
  bool overloaded() const { return plan.predicted.max_utilization >= 1 || max_link_load >= 1; }
};

struct AssessOptions {
  std::size_t rows = 0;  // of the profile that are planned with; 0: all
  int rounds = 300;
  int restarts = 1;
  int refinements = 3;  // of the machines' shares by what the plan sends
  std::uint64_t seed = 1;
  std::function<bool()> stop;
};

// Names of a placement's nodes as the fleet file has them: "s2-box-a".
std::vector<std::vector<std::string>> NodeNames(const PlacementTask& task,
                                                const Placement& placement);

// Plans on the placement, shares its machines out by what the plan sends, and plans again while
// that helps. Replicas that get next to nothing are taken out. `reach`: share of tasks that comes
// to each stage, to start from. kInvalidArgument: some task cannot get through.
Result<PlacedPlan> Assess(const PlacementTask& task, Placement placement,
                          const std::vector<double>& reach, const AssessOptions& options);

// Whether `a` serves the objective better: one that is not overloaded first, then least U; under a
// floor or ceiling whoever meets it, then the least delay or the greatest accuracy.
bool IsBetterPlaced(const Objective& objective, const PlacedPlan& a, const PlacedPlan& b);

// Share of tasks that comes to each stage under the plan.
std::vector<double> ReachOf(const PlacedPlan& placed);

}  // namespace offramp
