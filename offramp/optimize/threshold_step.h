// DTO-O's threshold: where one replica's exit should cut the confidence-sorted profile
// (algorithm.md section 5). Going on is worth, for the rows of confidence x,
//     gain(x) = -a correct_here(x) - E[cost of going on | x]                            seconds
// with the cost of going on as its receivers price it now (visit_cost.h). Congestion downstream
// raises the cost, the gain falls, the threshold falls, fewer tasks go on. One pass maximises over
// the cuts
//     sum over rows below of gain * rate  -  (C d^2 / 2) / (1 - d / hh)+
// d = outflow at the cut - outflow now, |d| <= 0.3 lambda (or one cut away, where many rows share
// one confidence).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/core/exit_rule.h"

namespace offramp {

// Rows of one exit sorted by confidence, with what going on is worth now.
struct SortedGain {
  std::vector<float> weight;  // of the row in the node's mix, >= 0
  std::vector<float> gain_s;
};

// The curvature that a change of outflow d meets: C, and hh where it has its pole.
struct OutflowModel {
  double outflow_per_s = 0;   // now, as the receivers measured it
  double curvature = 0;       // C_o = sum_k p_k^2 C_k / w_k
  double headroom = 1;        // C_o / sum_k p_k^3 C_k / (w_k^2 hh_k)
  double extra_price_s = 0;   // of going on, beyond what Prepare was told; the curve leaves it out
  bool any_distance = false;  // a unilateral jump: C and hh at true curvature, |d| unlimited
};

// Copies share the sorted profile and the workspace: only the copy that was prepared last may be
// asked. A fleet of agents in one thread is then no larger than its profile.
class ThresholdStep {
 public:
  static constexpr int kBins = 96;  // of the gain curve

  // Sorts the profile once. REQUIRES: profile.has_exit(stage).
  ThresholdStep(const ExitProfile& profile, int stage);

  // gain(x) by sorted row, for the node's mix (by row) and the cost of going on (by row).
  void Prepare(std::span<const float> mix, const std::vector<float>& cost_of_going_on_s,
               double accuracy_weight_s);

  // The best threshold in reach, for tasks arriving at `arrival_rate_per_s`; `current` when no cut
  // is in reach. Always exactly a float, so that no rounding moves a row across it. After Prepare.
  double BestThreshold(const OutflowModel& model, double arrival_rate_per_s, double current) const;

  // gain by confidence: mean over up to kBins bins of equal weight, made non-increasing by pooling
  // adjacent violators. Confidence ascends. After Prepare.
  GainCurve Curve() const;

 private:
  struct Sorted {
    std::vector<int> order;         // row by rank
    std::vector<float> confidence;  // by rank
    std::vector<float> correct;     // by rank
    std::vector<std::size_t> cut;   // ranks below which to cut: 0, where confidence rises, rows
    std::vector<float> cut_value;   // thresholds of those cuts, ascending
  };
  static Sorted Sort(const ExitProfile& profile, int stage);

  std::shared_ptr<const Sorted> profile_;
  std::shared_ptr<SortedGain> gain_;
  double total_weight_ = 0;
};

}  // namespace offramp
