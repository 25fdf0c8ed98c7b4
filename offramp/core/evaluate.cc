#include "offramp/core/evaluate.h"

#include <algorithm>

#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

// Sums of floats in double, in four lanes: short dependency chains.
double Sum(std::span<const float> values) {
  double lane[4] = {0, 0, 0, 0};
  std::size_t r = 0;
  for (; r + 4 <= values.size(); r += 4) {
    for (std::size_t q = 0; q < 4; ++q) lane[q] += static_cast<double>(values[r + q]);
  }
  for (; r < values.size(); ++r) lane[0] += static_cast<double>(values[r]);
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

double Dot(std::span<const float> a, std::span<const float> b) {
  double lane[4] = {0, 0, 0, 0};
  std::size_t r = 0;
  for (; r + 4 <= a.size(); r += 4) {
    for (std::size_t q = 0; q < 4; ++q) {
      lane[q] += static_cast<double>(a[r + q]) * static_cast<double>(b[r + q]);
    }
  }
  for (; r < a.size(); ++r) lane[0] += static_cast<double>(a[r]) * static_cast<double>(b[r]);
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

}  // namespace

// Leaves in survivor_ the row rates that go on, returns the rate of right answers given here.
double Evaluator::AnswerAndSurvive(const Problem& problem, int node, double threshold) {
  const int stage = problem.node(node).stage;
  const std::span<const float> rate = row_rate(node);
  if (!problem.profile()) {
    std::copy(rate.begin(), rate.end(), survivor_.begin());
    return 0;
  }
  const ExitProfile& profile = *problem.profile();
  if (stage == problem.stages()) return Dot(rate, profile.correct(stage));
  if (!profile.has_exit(stage)) {
    std::copy(rate.begin(), rate.end(), survivor_.begin());
    return 0;
  }
  const std::span<const float> confidence = profile.confidence(stage);
  for (std::size_t r = 0; r < rows_; ++r) {
    survivor_[r] = static_cast<double>(confidence[r]) < threshold ? rate[r] : 0.0F;
  }
  const std::span<const float> correct = profile.correct(stage);
  return Dot(rate, correct) - Dot(survivor_, correct);
}

const Evaluation& Evaluator::Evaluate(const Problem& problem, const Strategy& strategy) {
  const auto nodes = static_cast<std::size_t>(problem.node_count());
  rows_ = problem.rows();
  first_replica_ = problem.first_node(1);
  row_rate_.assign((nodes - static_cast<std::size_t>(first_replica_)) * rows_, 0.0F);
  survivor_.resize(rows_);
  Evaluation& e = result_;
  e.arrival_rate_per_s.assign(nodes, 0);
  e.outflow_per_s.assign(nodes, 0);
  e.utilization.assign(nodes, 0);
  e.link_flow_per_s.assign(static_cast<std::size_t>(problem.link_count()), 0);
  e.exit_share.assign(static_cast<std::size_t>(problem.stages()), 0);
  e.max_utilization = 0;

  const double rows = static_cast<double>(rows_);
  double in_system = 0;  // sum D_j + sum f_ij t_ij
  double right = 0;      // tasks/s answered rightly, times rows
  for (int node = 0; node < problem.node_count(); ++node) {
    const auto n = static_cast<std::size_t>(node);
    const ProblemNode& here = problem.node(node);
    if (here.stage == 0) {
      e.arrival_rate_per_s[n] = e.outflow_per_s[n] = here.arrival_rate_per_s;
    } else {
      if (here.stage == 1) {
        // Sources send all rows alike: what reaches stage 1 is one number, the same for every row.
        double rate = 0;
        for (const int l : problem.links_to(node)) {
          rate += e.link_flow_per_s[static_cast<std::size_t>(l)];
        }
        std::fill_n(row_rate_.begin() + static_cast<std::ptrdiff_t>(Slot(node)), rows_,
                    static_cast<float>(rate));
      }
      const double arrivals = Sum(row_rate(node)) / rows;
      const QueueLoad load = EvaluateQueue(arrivals, here.service_rate_per_s, here.congestion);
      in_system += load.number;
      e.arrival_rate_per_s[n] = arrivals;
      e.utilization[n] = arrivals / here.service_rate_per_s;
      e.max_utilization = std::max(e.max_utilization, e.utilization[n]);
      right += AnswerAndSurvive(problem, node, strategy.threshold[n]);
      e.outflow_per_s[n] = here.stage < problem.stages() ? Sum(survivor_) / rows : 0;
      e.exit_share[static_cast<std::size_t>(here.stage - 1)] += arrivals - e.outflow_per_s[n];
    }
    for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
      const ProblemLink& link = problem.link(l);
      const double share = strategy.share[static_cast<std::size_t>(l)];
      const double flow = e.outflow_per_s[n] * share;
      e.link_flow_per_s[static_cast<std::size_t>(l)] = flow;
      in_system += flow * link.transfer_s;
      if (share == 0 || here.stage == 0) continue;
      float* target = row_rate_.data() + Slot(link.to);
      const auto scale = static_cast<float>(share);
      for (std::size_t r = 0; r < rows_; ++r) target[r] += scale * survivor_[r];
    }
  }
  const double total = problem.total_rate_per_s();
  const double scale = total > 0 ? 1 / total : 0;
  e.mean_delay_s = in_system * scale;
  e.accuracy = right / rows * scale;
  e.objective_s = e.mean_delay_s - problem.accuracy_weight_s() * e.accuracy;
  for (double& share : e.exit_share) share *= scale;
  return e;
}

}  // namespace offramp
