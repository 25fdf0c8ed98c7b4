#include "offramp/cli/reproduce/threshold_curve.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/queue_model.h"
#include "offramp/core/strategy.h"

namespace offramp {

namespace {

const std::vector<double> kValues = {0,    0.2,  0.25, 0.3,  0.35,  0.4,   0.45,      0.5,  0.55,
                                     0.6,  0.65, 0.7,  0.75, 0.8,   0.85,  0.9,       0.92, 0.94,
                                     0.96, 0.97, 0.98, 0.99, 0.995, 0.999, kNeverExit};

// With shares by capacity and one threshold a stage, every node of a stage sees the same mix of
// rows and a fixed part of the stage's arrivals: a stage is its queues over one rate.
class AllSettings {
 public:
  explicit AllSettings(const Problem& problem) : problem_(problem), profile_(*problem.profile()) {
    Evaluator evaluator;
    const Evaluation& all = evaluator.Evaluate(problem, CapacityStrategy(problem, kNeverExit));
    per_task_s_.assign(static_cast<std::size_t>(problem.stages()) + 1, 0.0);
    for (int l = 0; l < problem.link_count(); ++l) {
      const ProblemLink& link = problem.link(l);
      per_task_s_[static_cast<std::size_t>(problem.node(link.to).stage)] +=
          all.link_flow_per_s[static_cast<std::size_t>(l)] * link.transfer_s /
          problem.total_rate_per_s();
    }
    arrivals_per_s_ = all.arrival_rate_per_s;
  }

  std::vector<ThresholdPoint> Take() {
    std::vector<std::size_t> rows(profile_.rows());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    Descend(1, rows, 0, 0);
    return std::move(points_);
  }

 private:
  // Seconds of waiting, service and transfer that stage `stage` adds to the mean over all tasks
  // when `share` of them get there.
  double SecondsAt(int stage, double share) const {
    double number = 0;
    for (int node = problem_.first_node(stage); node < problem_.first_node(stage + 1); ++node) {
      const ProblemNode& at = problem_.node(node);
      number += EvaluateQueue(share * arrivals_per_s_[static_cast<std::size_t>(node)],
                              at.service_rate_per_s, at.congestion)
                    .number;
    }
    return number / problem_.total_rate_per_s() +
           share * per_task_s_[static_cast<std::size_t>(stage)];
  }

  // `rows` reach `stage`; before it `right` of the rows were answered rightly.
  void Descend(int stage, const std::vector<std::size_t>& rows, double right, double delay_s) {
    const auto all = static_cast<double>(profile_.rows());
    delay_s += SecondsAt(stage, static_cast<double>(rows.size()) / all);
    const std::span<const float> correct = profile_.correct(stage);
    if (stage == problem_.stages()) {
      for (const std::size_t row : rows) right += static_cast<double>(correct[row]);
      points_.push_back({by_stage_, delay_s, right / all});
      return;
    }
    std::vector<std::size_t> on;
    for (const double value : problem_.has_exit(stage) ? kValues : std::vector{kNeverExit}) {
      on.clear();
      double here = 0;
      for (const std::size_t row : rows) {
        if (problem_.has_exit(stage) &&
            profile_.confidence(stage)[row] >= static_cast<float>(value)) {
          here += static_cast<double>(correct[row]);
        } else {
          on.push_back(row);
        }
      }
      by_stage_.push_back(value);
      Descend(stage + 1, on, right + here, delay_s);
      by_stage_.pop_back();
    }
  }

  const Problem& problem_;
  const ExitProfile& profile_;
  std::vector<double> arrivals_per_s_;  // by node, when nothing exits
  std::vector<double> per_task_s_;      // by stage: transfer to it
  std::vector<double> by_stage_;        // of the setting under way
  std::vector<ThresholdPoint> points_;
};

}  // namespace

std::vector<ThresholdPoint> ThresholdCurve(const Problem& problem) {
  std::vector<ThresholdPoint> all = AllSettings(problem).Take();
  std::sort(all.begin(), all.end(), [](const ThresholdPoint& a, const ThresholdPoint& b) {
    return a.mean_delay_s != b.mean_delay_s ? a.mean_delay_s < b.mean_delay_s
                                            : a.accuracy > b.accuracy;
  });
  std::vector<ThresholdPoint> curve;
  for (ThresholdPoint& point : all) {
    if (curve.empty() || point.accuracy > curve.back().accuracy) curve.push_back(std::move(point));
  }
  return curve;
}

std::vector<double> SampleAccuracies(const ExitProfile& profile,
                                     const std::vector<ThresholdPoint>& curve,
                                     const std::vector<double>& count) {
  struct Block {
    double sum = 0;
    std::size_t points = 0;
    double mean() const { return sum / static_cast<double>(points); }
  };
  const double total = std::accumulate(count.begin(), count.end(), 0.0);
  std::vector<Block> blocks;
  for (const ThresholdPoint& point : curve) {
    double right = 0;
    for (std::size_t row = 0; row < profile.rows(); ++row) {
      int stage = 1;
      while (stage < profile.stages() &&
             !(profile.has_exit(stage) &&
               profile.confidence(stage)[row] >=
                   static_cast<float>(point.by_stage[static_cast<std::size_t>(stage - 1)]))) {
        ++stage;
      }
      right += count[row] * static_cast<double>(profile.correct(stage)[row]);
    }
    blocks.push_back({total > 0 ? right / total : 0, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().points += last.points;
    }
  }
  std::vector<double> accuracy;
  for (const Block& block : blocks) accuracy.insert(accuracy.end(), block.points, block.mean());
  return accuracy;
}

CurveBracket BracketOf(const std::vector<double>& accuracy, double wanted) {
  const auto above = std::lower_bound(accuracy.begin(), accuracy.end(), wanted);
  const auto at = static_cast<std::size_t>(above - accuracy.begin());
  if (above == accuracy.end()) return {at - 1, at - 1, 0, false};
  if (at == 0) return {0, 0, 0, true};
  return {at - 1, at, (wanted - accuracy[at - 1]) / (accuracy[at] - accuracy[at - 1]), true};
}

}  // namespace offramp
