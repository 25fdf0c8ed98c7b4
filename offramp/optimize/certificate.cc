#include "offramp/optimize/certificate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

constexpr std::size_t kMostOwn = 12;   // of the plan's thresholds, a stage
constexpr std::size_t kLeastGrid = 4;  // cuts a stage, whatever the budget

// Shortest paths for one vector of thresholds after the other; the best of each source.
class Paths {
 public:
  Paths(const Problem& problem, const std::vector<double>& marginal_s)
      : problem_(problem),
        marginal_s_(marginal_s),
        cost_s_(static_cast<std::size_t>(problem.node_count())),
        best_s_(static_cast<std::size_t>(problem.first_node(1)),
                std::numeric_limits<double>::infinity()) {}

  // `reach[h]`: share of tasks that reach stage h, 1-based; `accuracy` of this vector.
  void Try(const std::vector<double>& reach, double accuracy) {
    const double value = problem_.accuracy_weight_s() * accuracy;
    for (int stage = problem_.stages(); stage >= 1; --stage) {
      const double here = reach[static_cast<std::size_t>(stage)];
      for (int j = problem_.first_node(stage); j < problem_.first_node(stage + 1); ++j) {
        const auto node = static_cast<std::size_t>(j);
        cost_s_[node] = here * marginal_s_[node];
        if (stage < problem_.stages()) {
          cost_s_[node] += Onward(j, reach[static_cast<std::size_t>(stage) + 1]);
        }
      }
    }
    for (int i = 0; i < problem_.first_node(1); ++i) {
      double& best = best_s_[static_cast<std::size_t>(i)];
      best = std::min(best, Onward(i, 1) - value);
    }
  }

  // sum_i phi_i LB_i.
  double Total() const {
    double total = 0;
    for (int i = 0; i < problem_.first_node(1); ++i) {
      const double rate = problem_.node(i).arrival_rate_per_s;
      if (rate > 0) total += rate * best_s_[static_cast<std::size_t>(i)];
    }
    return total;
  }

 private:
  double Onward(int node, double reach) const {
    double least = std::numeric_limits<double>::infinity();
    for (int l = problem_.first_link(node); l < problem_.first_link(node + 1); ++l) {
      const ProblemLink& link = problem_.link(l);
      least = std::min(least, reach * link.transfer_s + cost_s_[static_cast<std::size_t>(link.to)]);
    }
    return least;
  }

  const Problem& problem_;
  const std::vector<double>& marginal_s_;
  std::vector<double> cost_s_;  // V by node
  std::vector<double> best_s_;  // LB by source
};

// All vectors of thresholds over the stages with an exit, with what they let through.
class Vectors {
 public:
  Vectors(const Problem& problem, const Strategy& strategy, std::int64_t most) : problem_(problem) {
    for (int stage = 1; stage < problem.stages(); ++stage) {
      if (problem.has_exit(stage)) exits_.push_back(stage);
    }
    reach_.assign(static_cast<std::size_t>(problem.stages()) + 1, 1.0);
    if (exits_.empty()) return;
    const double share = std::pow(static_cast<double>(std::max<std::int64_t>(most, 1)),
                                  1.0 / static_cast<double>(exits_.size()));
    for (const int stage : exits_) MakeGrid(strategy, stage, static_cast<std::size_t>(share));
  }

  void ForAll(Paths& paths) {
    std::vector<int> alive(problem_.rows());
    std::iota(alive.begin(), alive.end(), 0);
    Branch(0, std::move(alive), 0, paths);
  }

  std::string Describe() const {
    if (exits_.empty()) return "no exits";
    std::string text;
    for (std::size_t e = 0; e < exits_.size(); ++e) {
      text += (e > 0 ? " x " : "") + std::to_string(grid_[e].size());
    }
    return text + (all_cuts_ ? " thresholds, all cuts of the profile" : " thresholds by quantiles");
  }

 private:
  void MakeGrid(const Strategy& strategy, int stage, std::size_t most) {
    const std::span<const float> confidence = problem_.profile()->confidence(stage);
    std::vector<double> cuts(confidence.begin(), confidence.end());
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::vector<double> own;
    for (int n = problem_.first_node(stage); n < problem_.first_node(stage + 1); ++n) {
      own.push_back(strategy.threshold[static_cast<std::size_t>(n)]);
    }
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    const std::size_t kept = std::min(own.size(), kMostOwn);
    const std::size_t size = std::max(kLeastGrid, most > kept ? most - kept : 0);
    std::vector<double> grid = {kNeverExit};
    const std::size_t picked = std::min(cuts.size(), size);
    all_cuts_ = all_cuts_ && picked == cuts.size();
    for (std::size_t q = 0; q < picked; ++q) grid.push_back(cuts[q * cuts.size() / picked]);
    for (std::size_t q = 0; q < kept; ++q) grid.push_back(own[q * own.size() / kept]);
    std::sort(grid.begin(), grid.end());
    grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
    grid_.push_back(std::move(grid));
  }

  // `alive`: rows that reach exit `e`; `right`: of those that left before, answered rightly.
  void Branch(std::size_t e, std::vector<int> alive, double right, Paths& paths) {
    const double rows = static_cast<double>(problem_.rows());
    const int from = e < exits_.size() ? exits_[e] : problem_.stages();
    const int before = e > 0 ? exits_[e - 1] : 0;
    for (int stage = before + 1; stage <= from; ++stage) {
      reach_[static_cast<std::size_t>(stage)] = static_cast<double>(alive.size()) / rows;
    }
    if (e == exits_.size()) {
      paths.Try(reach_, (right + Right(alive, 0, problem_.stages())) / rows);
      return;
    }
    const std::span<const float> confidence = problem_.profile()->confidence(from);
    std::sort(alive.begin(), alive.end(), [&](int a, int b) {
      return confidence[static_cast<std::size_t>(a)] < confidence[static_cast<std::size_t>(b)];
    });
    if (e + 1 == exits_.size()) {
      LastExit(e, alive, right, paths);
      return;
    }
    std::size_t kept = 0;
    double exited = right + Right(alive, 0, from);
    for (const double cut : grid_[e]) {
      for (; kept < alive.size() && Below(confidence, alive[kept], cut); ++kept) {
        exited -= Correct(alive[kept], from);
      }
      Branch(e + 1, {alive.begin(), alive.begin() + static_cast<std::ptrdiff_t>(kept)}, exited,
             paths);
    }
  }

  // The same without copies: one sweep over the cuts. `alive` is sorted.
  void LastExit(std::size_t e, const std::vector<int>& alive, double right, Paths& paths) {
    const double rows = static_cast<double>(problem_.rows());
    const int stage = exits_[e];
    const std::span<const float> confidence = problem_.profile()->confidence(stage);
    std::size_t kept = 0;
    double total = right + Right(alive, 0, stage);
    for (const double cut : grid_[e]) {
      for (; kept < alive.size() && Below(confidence, alive[kept], cut); ++kept) {
        total += Correct(alive[kept], problem_.stages()) - Correct(alive[kept], stage);
      }
      for (int later = stage + 1; later <= problem_.stages(); ++later) {
        reach_[static_cast<std::size_t>(later)] = static_cast<double>(kept) / rows;
      }
      paths.Try(reach_, total / rows);
    }
  }

  static bool Below(std::span<const float> confidence, int row, double cut) {
    return static_cast<double>(confidence[static_cast<std::size_t>(row)]) < cut;
  }

  double Correct(int row, int stage) const {
    if (!problem_.profile()) return 0;
    return static_cast<double>(problem_.profile()->correct(stage)[static_cast<std::size_t>(row)]);
  }

  double Right(const std::vector<int>& rows, std::size_t from, int stage) const {
    double sum = 0;
    for (std::size_t r = from; r < rows.size(); ++r) sum += Correct(rows[r], stage);
    return sum;
  }

  const Problem& problem_;
  std::vector<int> exits_;
  std::vector<std::vector<double>> grid_;  // by exit, ascending
  std::vector<double> reach_;              // by stage
  bool all_cuts_ = true;
};

}  // namespace

Certificate Certify(const Problem& problem, const Strategy& strategy,
                    const CertificateOptions& options) {
  Certificate certificate;
  certificate.policy_class = "static shares and thresholds by node";
  Evaluator evaluator;
  const Evaluation& e = evaluator.Evaluate(problem, strategy);
  const double total = problem.total_rate_per_s();
  std::vector<double> marginal_s(static_cast<std::size_t>(problem.node_count()), 0.0);
  double base = 0;  // sum_j (D_j - lambda_j D'_j)
  for (int n = problem.first_node(1); n < problem.node_count(); ++n) {
    const auto index = static_cast<std::size_t>(n);
    const ProblemNode& node = problem.node(n);
    const double arrivals = e.arrival_rate_per_s[index];
    const QueueLoad load = EvaluateQueue(arrivals, node.service_rate_per_s, node.congestion);
    marginal_s[index] = load.marginal_s;
    base += load.number - arrivals * load.marginal_s;
  }
  Paths paths(problem, marginal_s);
  Vectors vectors(problem, strategy, options.work / std::max(problem.link_count(), 1));
  vectors.ForAll(paths);
  certificate.grid = vectors.Describe();
  certificate.lower_bound_s = total > 0 ? (base + paths.Total()) / total : e.objective_s;
  certificate.gap_s = std::max(e.objective_s - certificate.lower_bound_s, 0.0);
  return certificate;
}

}  // namespace offramp
