#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/optimize/marginal_cost.h"
#include "offramp/optimize/reference.h"

namespace offramp {
namespace {

constexpr int kHalvings = 7;  // of the way from the present cut to the wanted one

// One replica's exit: its rows by confidence, and where the present prices would cut.
class Exit {
 public:
  Exit(const Problem& problem, int node)
      : confidence_(problem.profile()->confidence(problem.node(node).stage)),
        correct_(problem.profile()->correct(problem.node(node).stage)),
        weight_(static_cast<float>(problem.accuracy_weight_s())),
        order_(problem.rows()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return confidence_[a] < confidence_[b]; });
  }

  // Number of rows below the threshold.
  std::size_t RankOf(double threshold) const {
    std::size_t rank = 0;
    while (rank < order_.size() && At(rank) < threshold) ++rank;
    return rank;
  }

  // A threshold that lets the first `rank` rows go on, and no row of equal confidence apart.
  double ThresholdAt(std::size_t rank) const {
    return rank >= order_.size() ? kNeverExit : At(rank);
  }

  // The cut that would be best if no price changed.
  std::size_t Wanted(std::span<const float> rate, const std::vector<float>& going_on) const {
    double gain = 0;
    double best = 0;
    std::size_t wanted = 0;
    for (std::size_t rank = 0; rank < order_.size(); ++rank) {
      const std::size_t row = order_[rank];
      gain += static_cast<double>(rate[row] * (-weight_ * correct_[row] - going_on[row]));
      if (gain > best) {
        best = gain;
        wanted = rank + 1;
      }
    }
    return wanted;
  }

 private:
  double At(std::size_t rank) const { return static_cast<double>(confidence_[order_[rank]]); }

  std::span<const float> confidence_;
  std::span<const float> correct_;
  float weight_;
  std::vector<std::size_t> order_;
};

}  // namespace

double ImproveThresholds(const Problem& problem, Strategy& strategy) {
  Evaluator evaluator;
  MarginalCost marginal;
  std::vector<float> going_on;
  double best = evaluator.Evaluate(problem, strategy).objective_s;
  for (int node = problem.first_node(1); node < problem.first_node(problem.stages()); ++node) {
    if (!problem.has_exit(problem.node(node).stage)) continue;
    const Evaluation& e = evaluator.Evaluate(problem, strategy);
    marginal.Compute(problem, strategy, e, evaluator);
    marginal.GoingOn(problem, strategy, node, going_on);
    const Exit exit(problem, node);
    double& threshold = strategy.threshold[static_cast<std::size_t>(node)];
    double kept = threshold;
    const auto now = static_cast<double>(exit.RankOf(threshold));
    const auto wanted = static_cast<double>(exit.Wanted(evaluator.row_rate(node), going_on));
    const auto attempt = [&](double rank) {
      const double most = static_cast<double>(problem.rows());
      threshold = exit.ThresholdAt(static_cast<std::size_t>(std::clamp(rank, 0.0, most)));
      const double objective = evaluator.Evaluate(problem, strategy).objective_s;
      if (objective < best) {
        best = objective;
        kept = threshold;
        return true;
      }
      return false;
    };
    // Prices rise on the way: the best lies between. One row either way where nothing helps.
    double part = 1;
    bool moved = false;
    for (int i = 0; i < kHalvings && !moved; ++i, part /= 2) {
      moved = attempt(std::round(now + part * (wanted - now)));
    }
    if (moved) {
      attempt(std::round(now + 0.75 * 2 * part * (wanted - now)));
      attempt(std::round(now + 0.5 * 2 * part * (wanted - now)));
    } else if (!attempt(now + 1)) {
      attempt(now - 1);
    }
    threshold = kept;
  }
  return best;
}

}  // namespace offramp
