// The exact slope of U in every share and the price of every visit, by the chain rule backwards
// through the rows (algorithm.md section 1): with z_j(x) what one more task like row x costs from
// replica j on,
//     z_j(x) = D'_j + ( confidence_j(x) >= c_j  ?  -a correct_j(x)  :  sum_k p_jk (t_jk + z_k(x)) )
//     dU / dp_ij = sum over rows x that go on at i of  rate_i(x) (t_ij + z_j(x))  / sum phi
// What a centre that sees everything knows; agents estimate it from messages. Costs as much as an
// evaluation. Not thread-safe; keep one per thread.
#pragma once

#include <span>
#include <vector>

#include "offramp/core/evaluate.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"

namespace offramp {

class MarginalCost {
 public:
  // `evaluator` must hold the evaluation of this problem and strategy.
  void Compute(const Problem& problem, const Strategy& strategy, const Evaluation& evaluation,
               const Evaluator& evaluator);

  // By link, seconds per unit of share.
  const std::vector<double>& slope() const { return slope_; }

  // z by row at a replica, seconds.
  std::span<const float> visit(int node) const {
    return std::span(visit_).subspan(static_cast<std::size_t>(node) * rows_, rows_);
  }

  // Cost by row of going on from a node over its shares: sum_k p (t + z_k).
  void GoingOn(const Problem& problem, const Strategy& strategy, int node,
               std::vector<float>& cost_s) const;

 private:
  std::size_t rows_ = 0;
  std::vector<float> visit_;  // node-major
  std::vector<float> going_on_;
  std::vector<double> slope_;
};

}  // namespace offramp
