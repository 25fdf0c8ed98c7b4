// A lower bound on U over all placements: every machine a fluid server (decision 19).
//
// Whatever runs on a machine, and however its speed is shared out, holds at least as many tasks as
// one queue with all of the work: with shares w_i and utilisations rho_i / w_i, D convex,
//     sum_i D(rho_i / w_i)  >=  sum_i w_i D(rho_i / w_i)  >=  D(rho),     rho = sum_i rho_i
// So let every task choose its own machines and cuts, memory kept stage by stage only, links free
// of waits. That problem is convex: Frank-Wolfe solves it, and at every step D's tangent gives a
// bound: prices pi_m = D'(rho_m), and for every source the cheapest way through the segments,
//     bound = ( sum_m (D - rho D') + sum_i phi_i min_c min_path ( sum S_h(c) (g_h pi_m / F_m + t) -
//     a A(c) ) ) / sum phi
// Holds for every placement and every plan whose thresholds are equal to a vector of the grid, or
// mixtures of such; its gap is what co-location, memory and whole replicas cost, and what the
// search may have missed.
#pragma once

#include <functional>
#include <vector>

#include "offramp/placement/placement_task.h"
#include "offramp/placement/threshold_grid.h"

namespace offramp {

struct FluidBound {
  double lower_bound_s = 0;  // on U = T - a A
  double delay_s = 0;        // of the relaxation itself
  double accuracy = 0;
  std::vector<double> reach;  // share of tasks that comes to each segment, in the relaxation
  std::vector<double> load;   // rho by machine
};

struct FluidOptions {
  int rounds = 150;
  double tolerance = 1e-3;  // of the delay: gap to the relaxation's optimum at which it ends
  std::function<bool()> stop;
};

FluidBound BoundPlacements(const PlacementTask& task, const ThresholdGrid& grid,
                           double accuracy_weight_s, const FluidOptions& options = {});

// The accuracy weight at which the relaxation just meets a floor or ceiling, by bisection; the
// objective's own where it is given.
double WeightOf(const PlacementTask& task, const ThresholdGrid& grid, const Objective& objective);

}  // namespace offramp
