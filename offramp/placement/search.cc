#include "offramp/placement/search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "offramp/base/random.h"
#include "offramp/placement/flow_cost.h"
#include "offramp/placement/moves.h"

namespace offramp {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kBetter = 1e-6;
constexpr int kKicks = 3;           // moves a kick, at most
constexpr double kFarWorse = 1.03;  // an optimum that much above the best is left again
constexpr std::size_t kRemembered = 400'000;
constexpr int kRandomStarts = 3;

class Searcher {
 public:
  Searcher(const PlacementTask& task, const std::vector<double>& reach,
           const SearchOptions& options)
      : task_(task), reach_(reach), options_(options), cost_(task), random_(options.seed) {}

  std::vector<FoundPlacement> Run(const std::vector<Placement>& starts) {
    FoundPlacement now{.delay_s = kInfinite};
    for (Placement start : starts) {
      if (!task_.Fits(start) || !task_.Prune(start)) continue;
      Offer(Descend(start), now);
      Offer(Descend(Filled(start)), now);
    }
    const FoundPlacement from = now;
    for (int i = 0; i < kRandomStarts && !from.placement.ends.empty(); ++i) {
      Offer(Descend(Kicked(from.placement, 3 * kKicks)), now);
    }
    while (!Spent() && !now.placement.ends.empty()) {
      const auto kicks = 1 + static_cast<int>(random_.Below(kKicks));
      const FoundPlacement next = Descend(Kicked(now.placement, kicks));
      Keep(next);
      if (next.delay_s < now.delay_s * kFarWorse && random_.Chance(0.5)) now = next;
      if (next.delay_s < now.delay_s) now = next;
      if (now.delay_s > kept_.front().delay_s * kFarWorse) now = kept_.front();
    }
    return kept_;
  }

 private:
  bool Spent() {
    return evaluations_ >= options_.evaluations || (options_.stop && options_.stop());
  }

  double Cost(const Placement& placement) {
    const std::string key = placement.Key();
    const auto known = known_.find(key);
    if (known != known_.end()) {
      // Looking up is work, too: a landscape that is known by heart must end the search some day.
      if (++looked_up_ % 8 == 0) ++evaluations_;
      return known->second;
    }
    ++evaluations_;
    if (options_.progress && evaluations_ % 500 == 0) {
      options_.progress(evaluations_, kept_.empty() ? kInfinite : kept_.front().delay_s);
    }
    const double cost = cost_.Evaluate(placement, ReachOfStages(placement, reach_));
    if (known_.size() < kRemembered) known_.emplace(key, cost);
    return cost;
  }

  // The first better neighbour in an order of its own each time, until there is none.
  FoundPlacement Descend(Placement start) {
    FoundPlacement now{.placement = std::move(start)};
    now.delay_s = Cost(now.placement);
    bool better = true;
    while (better && !Spent()) {
      better = false;
      std::vector<Move> moves = MovesFrom(task_, now.placement);
      Shuffle(moves);
      for (const Move& move : moves) {
        const std::optional<Placement> next = Apply(task_, now.placement, move);
        if (!next) continue;
        const double delay_s = Cost(*next);
        if (delay_s < now.delay_s * (1 - kBetter)) {
          now = {.placement = *next, .delay_s = delay_s};
          better = true;
          break;
        }
        if (Spent()) break;
      }
    }
    return now;
  }

  void Offer(const FoundPlacement& found, FoundPlacement& best) {
    Keep(found);
    if (found.delay_s < best.delay_s) best = found;
  }

  void Keep(const FoundPlacement& found) {
    if (std::isinf(found.delay_s)) return;
    const auto same = [&](const FoundPlacement& kept) { return kept.placement == found.placement; };
    if (std::any_of(kept_.begin(), kept_.end(), same)) return;
    const auto place = std::upper_bound(
        kept_.begin(), kept_.end(), found,
        [](const FoundPlacement& a, const FoundPlacement& b) { return a.delay_s < b.delay_s; });
    kept_.insert(place, found);
    if (kept_.size() > options_.keep) kept_.pop_back();
  }

  // Replicas of everything wherever memory is left, the small machines last.
  Placement Filled(Placement placement) {
    std::vector<int> order(static_cast<std::size_t>(task_.machine_count()));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    std::stable_sort(order.begin(), order.end(), [this](int a, int b) {
      return task_.machine(a).gflops_per_s > task_.machine(b).gflops_per_s;
    });
    for (const int m : order) {
      // One a machine: the stage with the least speed for its work so far.
      int neediest = 0;
      double least = kInfinite;
      for (int stage = 1; stage <= placement.stage_count(); ++stage) {
        double speed = 0;
        for (const int holder : placement.on(stage)) {
          speed += task_.machine(holder).gflops_per_s;
        }
        const double gflops = task_.Stage(placement, stage).gflops *
                              reach_[static_cast<std::size_t>(placement.begin(stage))];
        if (gflops > 0 && speed / gflops < least && !placement.Holds(stage, m)) {
          least = speed / gflops;
          neediest = stage;
        }
      }
      if (neediest == 0) continue;
      const auto next =
          Apply(task_, placement, {.kind = Move::Kind::kAdd, .stage = neediest, .machine = m});
      if (next) placement = *next;
    }
    return placement;
  }

  Placement Kicked(Placement placement, int kicks) {
    for (int k = 0; k < kicks; ++k) {
      const std::vector<Move> moves = MovesFrom(task_, placement);
      for (int attempt = 0; attempt < 20 && !moves.empty(); ++attempt) {
        auto next = Apply(task_, placement, moves[random_.Below(moves.size())]);
        if (!next || !task_.Prune(*next)) continue;
        placement = *std::move(next);
        break;
      }
    }
    return placement;
  }

  template <typename T>
  void Shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random_.Below(i)]);
  }

  const PlacementTask& task_;
  const std::vector<double>& reach_;
  const SearchOptions& options_;
  FlowCost cost_;
  Random random_;
  std::unordered_map<std::string, double> known_;
  std::vector<FoundPlacement> kept_;
  std::int64_t evaluations_ = 0;
  std::int64_t looked_up_ = 0;
};

}  // namespace

std::vector<double> ReachOfStages(const Placement& placement, const std::vector<double>& reach) {
  std::vector<double> by_stage;
  for (int stage = 1; stage <= placement.stage_count(); ++stage) {
    by_stage.push_back(reach[static_cast<std::size_t>(placement.begin(stage))]);
  }
  return by_stage;
}

std::vector<FoundPlacement> SearchPlacements(const PlacementTask& task,
                                             const std::vector<double>& reach,
                                             const std::vector<Placement>& starts,
                                             const SearchOptions& options) {
  return Searcher(task, reach, options).Run(starts);
}

}  // namespace offramp
