// How far a plan can be from the best one: a lower bound on U over a class of policies, from the
// prices at the plan (algorithm.md section 7).
//
// D is convex, so at the plan's arrival rates lambda_j every other plan lambda' has
//     sum_j D_j(lambda'_j)  >=  sum_j (D_j - lambda_j D'_j)  +  sum_j lambda'_j D'_j
// and the right side is linear: the best is, for every source, one path and one vector of
// thresholds c, S_h(c) the share of tasks that reach stage h, A(c) their accuracy:
//     V_h(j) = S_h D'_j + min_k ( S_{h+1} t_jk + V_{h+1}(k) )       LB_i = min_c ( V(i) - a A(c) )
//     bound  = ( sum_j (D_j - lambda_j D'_j) + sum_i phi_i LB_i ) / sum_i phi_i
// Every static plan with thresholds by node is a mixture of such paths and vectors, so the bound
// holds for all of them whose thresholds are on the grid. The plan's own are always on it (up to a
// dozen a stage), so that the gap is never negative. Policies that look at queues task by task are
// outside the class and may beat the bound.
#pragma once

#include <cstdint>
#include <string>

#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"

namespace offramp {

struct Certificate {
  double lower_bound_s = 0;  // on U, within `policy_class` on `grid`
  double gap_s = 0;          // U - bound, never negative
  std::string policy_class;  // in words
  std::string grid;
};

struct CertificateOptions {
  // Threshold vectors times links, at most, about: the grid is as fine as that allows, up to all
  // cuts of the profile. Some nanoseconds each.
  std::int64_t work = 600'000'000;
};

// REQUIRES: CheckStrategy(problem, strategy).
Certificate Certify(const Problem& problem, const Strategy& strategy,
                    const CertificateOptions& options = {});

}  // namespace offramp
