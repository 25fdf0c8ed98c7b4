// Evaluator: exact mean delay, accuracy and objective of a Strategy on a Problem.
//
// Every profile row is a flow of its own: rate phi / rows at the sources; it survives at replica j
// iff its confidence there is below c_j, and is split by the shares. This is exact for thresholds
// that differ between the replicas of a stage, where a single survival rate per exit is not: the
// mix of rows at a replica depends on where they came from (algorithm.md sections 1 and 2).
//
// Costs O(links x rows), without allocation after the first call. Keep one per thread and problem
// shape; not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"

namespace offramp {

struct Evaluation {
  double mean_delay_s = 0;  // T; finite also when overloaded (queue_model.h)
  double accuracy = 0;      // A in 0..1; 0 without a profile
  double objective_s = 0;   // U = T - a A

  std::vector<double> arrival_rate_per_s;  // lambda by node; phi at a source
  std::vector<double> outflow_per_s;       // by node: tasks that go on
  std::vector<double> utilization;         // lambda / mu by node; 0 at a source
  std::vector<double> link_flow_per_s;     // f by link
  std::vector<double> exit_share;          // by stage - 1: share of all tasks answered there
  double max_utilization = 0;              // of any replica; beyond 1 no queue is stable
};

class Evaluator {
 public:
  // The strategy must fit the problem (CheckStrategy). The result is valid until the next call.
  const Evaluation& Evaluate(const Problem& problem, const Strategy& strategy);

  // By row, of the last evaluation: the rate at which tasks would reach the replica if all tasks
  // were like this row; the mean over rows is its arrival rate. REQUIRES: not a source, where all
  // rows are alike.
  std::span<const float> row_rate(int replica) const {
    return std::span(row_rate_).subspan(Slot(replica), rows_);
  }

 private:
  // Where a replica's rows begin.
  std::size_t Slot(int replica) const {
    return static_cast<std::size_t>(replica - first_replica_) * rows_;
  }
  double AnswerAndSurvive(const Problem& problem, int node, double threshold);

  Evaluation result_;
  std::size_t rows_ = 0;
  int first_replica_ = 0;
  std::vector<float> row_rate_;  // replica-major
  std::vector<float> survivor_;  // of one node
};

}  // namespace offramp
