#include "bench/placement/exhaustive.h"

#include <algorithm>

#include "offramp/placement/search.h"

namespace offramp::bench {
namespace {

constexpr std::size_t kFinalists = 20;

class Enumerator {
 public:
  Enumerator(const PlacementTask& task, const std::vector<double>& reach)
      : task_(task), reach_(reach) {}

  Exhausted Run() {
    Cut(0);
    AssessOptions full;
    Exhausted result;
    result.placements = placements_;
    bool first = true;
    for (const PlacedPlan& finalist : finalists_) {
      const Result<PlacedPlan> placed = Assess(task_, finalist.placement, ReachOf(finalist), full);
      if (!placed.ok()) continue;
      if (first || IsBetterPlaced(task_.objective(), *placed, result.best)) result.best = *placed;
      first = false;
    }
    return result;
  }

 private:
  void Cut(int begin) {
    const int segments = task_.model().segment_count();
    if (begin == segments) {
      now_.replicas.assign(now_.ends.size(), {});
      Hold(0);
      return;
    }
    if (now_.stage_count() == task_.stages_max()) return;
    for (int end = begin + 1; end <= (task_.model().fixed ? begin + 1 : segments); ++end) {
      now_.ends.push_back(end);
      Cut(end);
      now_.ends.pop_back();
    }
  }

  void Hold(std::size_t stage) {
    if (stage == now_.ends.size()) {
      if (task_.Fits(now_)) Judge();
      return;
    }
    for (unsigned set = 1; set < 1U << task_.machine_count(); ++set) {
      now_.replicas[stage].clear();
      for (int m = 0; m < task_.machine_count(); ++m) {
        if ((set >> m & 1U) != 0) now_.replicas[stage].push_back(m);
      }
      Hold(stage + 1);
    }
  }

  void Judge() {
    Placement pruned = now_;
    if (!task_.Prune(pruned) || pruned != now_) return;
    ++placements_;
    const AssessOptions quick{.rows = 200, .rounds = 60, .restarts = 0, .refinements = 2};
    Result<PlacedPlan> placed = Assess(task_, now_, ReachOfStages(now_, reach_), quick);
    if (!placed.ok()) return;
    const auto place = std::upper_bound(finalists_.begin(), finalists_.end(), *placed,
                                        [this](const PlacedPlan& a, const PlacedPlan& b) {
                                          return IsBetterPlaced(task_.objective(), a, b);
                                        });
    if (static_cast<std::size_t>(place - finalists_.begin()) >= kFinalists) return;
    finalists_.insert(place, *std::move(placed));
    if (finalists_.size() > kFinalists) finalists_.pop_back();
  }

  const PlacementTask& task_;
  const std::vector<double>& reach_;
  Placement now_;
  std::vector<PlacedPlan> finalists_;
  std::int64_t placements_ = 0;
};

}  // namespace

Exhausted TryAll(const PlacementTask& task, const std::vector<double>& reach) {
  return Enumerator(task, reach).Run();
}

}  // namespace offramp::bench
