#include "offramp/optimize/tuned_thresholds.h"

#include <map>

#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/strategy.h"

namespace offramp {
namespace {

// Denser where confidences crowd; 0: everything exits.
std::vector<double> Grid() {
  std::vector<double> grid = {0};
  for (int percent = 20; percent <= 90; percent += 5) grid.push_back(percent / 100.0);
  for (const double high : {0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999}) {
    grid.push_back(high);
  }
  grid.push_back(kNeverExit);
  return grid;
}

class Search {
 public:
  explicit Search(const Problem& problem)
      : problem_(problem), grid_(Grid()), strategy_(CapacityStrategy(problem, kNeverExit)) {
    for (int stage = 1; stage < problem.stages(); ++stage) {
      if (problem.has_exit(stage)) exits_.push_back(stage);
    }
  }

  // Steps are positions in the grid, one for each exit.
  std::vector<int> Descend(std::vector<int> steps) {
    constexpr int kMostPasses = 6;
    for (int pass = 0; pass < kMostPasses; ++pass) {
      const std::vector<int> before = steps;
      for (int& step : steps) {
        int best = step;
        double least = Objective(steps);
        for (step = 0; step < static_cast<int>(grid_.size()); ++step) {
          const double objective = Objective(steps);
          if (objective < least) {
            least = objective;
            best = step;
          }
        }
        step = best;
      }
      if (steps == before) break;
    }
    return steps;
  }

  double Objective(const std::vector<int>& steps) {
    const auto [known, inserted] = objective_.try_emplace(steps, 0.0);
    if (inserted) known->second = Evaluate(steps).objective_s;
    return known->second;
  }

  const Evaluation& Evaluate(const std::vector<int>& steps) {
    for (std::size_t e = 0; e < exits_.size(); ++e) {
      SetStageThreshold(problem_, exits_[e], At(steps[e]), strategy_);
    }
    return evaluator_.Evaluate(problem_, strategy_);
  }

  double At(int step) const { return grid_[static_cast<std::size_t>(step)]; }
  const std::vector<int>& exits() const { return exits_; }
  int grid_size() const { return static_cast<int>(grid_.size()); }

 private:
  const Problem& problem_;
  std::vector<double> grid_;
  Strategy strategy_;
  Evaluator evaluator_;
  std::vector<int> exits_;
  std::map<std::vector<int>, double> objective_;
};

}  // namespace

TunedThresholds TuneThresholds(const Problem& problem) {
  Search search(problem);
  std::vector<int> best;
  // Thresholds of different exits make up for one another: several valleys, several starts.
  for (const double start : {0.0, 0.4, 0.7, 0.9, 1.0}) {
    const int step = static_cast<int>(start * (search.grid_size() - 1));
    const std::vector<int> found = search.Descend(std::vector<int>(search.exits().size(), step));
    if (best.empty() || search.Objective(found) < search.Objective(best)) best = found;
  }
  TunedThresholds tuned;
  tuned.by_stage.assign(static_cast<std::size_t>(problem.stages()), kNeverExit);
  for (std::size_t e = 0; e < best.size(); ++e) {
    tuned.by_stage[static_cast<std::size_t>(search.exits()[e] - 1)] = search.At(best[e]);
  }
  const Evaluation& evaluation = search.Evaluate(best);
  tuned.objective_s = evaluation.objective_s;
  tuned.feasible = evaluation.max_utilization < 1;
  return tuned;
}

}  // namespace offramp
