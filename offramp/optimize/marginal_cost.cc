#include "offramp/optimize/marginal_cost.h"

#include "offramp/core/queue_model.h"
#include "offramp/optimize/visit_cost.h"

namespace offramp {

void MarginalCost::GoingOn(const Problem& problem, const Strategy& strategy, int node,
                           std::vector<float>& cost_s) const {
  cost_s.assign(rows_, 0.0F);
  for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
    const auto share = static_cast<float>(strategy.share[static_cast<std::size_t>(l)]);
    if (share == 0) continue;
    const auto transfer = static_cast<float>(problem.link(l).transfer_s);
    const std::span<const float> z = visit(problem.link(l).to);
    for (std::size_t r = 0; r < rows_; ++r) cost_s[r] += share * (transfer + z[r]);
  }
}

void MarginalCost::Compute(const Problem& problem, const Strategy& strategy,
                           const Evaluation& evaluation, const Evaluator& evaluator) {
  rows_ = problem.rows();
  visit_.resize(static_cast<std::size_t>(problem.node_count()) * rows_);
  slope_.assign(static_cast<std::size_t>(problem.link_count()), 0.0);
  const auto a = static_cast<float>(problem.accuracy_weight_s());
  const double total = problem.total_rate_per_s();
  const double scale = total > 0 ? 1 / (total * static_cast<double>(rows_)) : 0;
  std::vector<float> survivors(rows_);
  for (int node = problem.node_count() - 1; node >= 0; --node) {
    const auto n = static_cast<std::size_t>(node);
    const ProblemNode& here = problem.node(node);
    float* const z = visit_.data() + n * rows_;
    const bool last = here.stage == problem.stages();
    const bool exit = problem.has_exit(here.stage);
    const auto own =
        here.stage == 0 ? 0.0F
                        : static_cast<float>(EvaluateQueue(evaluation.arrival_rate_per_s[n],
                                                           here.service_rate_per_s, here.congestion)
                                                 .marginal_s);
    if (last) {
      for (std::size_t r = 0; r < rows_; ++r) {
        z[r] = own - (problem.profile() ? a * problem.profile()->correct(here.stage)[r] : 0.0F);
      }
      continue;
    }
    GoingOn(problem, strategy, node, going_on_);
    const double cut = strategy.threshold[n];
    const bool source = here.stage == 0;
    const std::span<const float> rate =
        source ? std::span<const float>() : evaluator.row_rate(node);
    for (std::size_t r = 0; r < rows_; ++r) {
      const bool leaves =
          exit && static_cast<double>(problem.profile()->confidence(here.stage)[r]) >= cut;
      z[r] = own + (leaves ? -a * problem.profile()->correct(here.stage)[r] : going_on_[r]);
      survivors[r] = leaves ? 0.0F : source ? static_cast<float>(here.arrival_rate_per_s) : rate[r];
    }
    const double outflow = Total(survivors);
    for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
      slope_[static_cast<std::size_t>(l)] =
          scale * (outflow * problem.link(l).transfer_s +
                   WeightedSum(survivors, visit(problem.link(l).to)));
    }
  }
}

}  // namespace offramp
