#include "offramp/placement/place.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "offramp/base/text.h"
#include "offramp/placement/flow_cost.h"
#include "offramp/placement/moves.h"
#include "offramp/placement/rules.h"
#include "offramp/placement/search.h"

namespace offramp {

namespace {

constexpr std::size_t kGridVectors = 1500;
constexpr std::size_t kQuickGridVectors = 300;
constexpr std::size_t kQuickRows = 300;
constexpr int kQuickRounds = 100;
constexpr int kPasses = 3;
constexpr std::size_t kFinalists = 3;
constexpr double kGain = 1e-3;  // of the delay: what another pass is worth

// Fewer vectors of thresholds where machines are many: a bound's round walks all pairs for each.
std::size_t GridSize(const PlacementTask& task, std::size_t most) {
  constexpr double kWork = 4e6;
  const auto machines = static_cast<double>(task.machine_count());
  const double walk = machines * machines * task.model().segment_count();
  return std::min(most, static_cast<std::size_t>(std::max(kWork / walk, 8.0)));
}

class Placer {
 public:
  Placer(const PlacementTask& task, const PlaceOptions& options) : task_(task), options_(options) {}

  Result<PlaceReport> Run() {
    Say("how far tasks will go");
    const ThresholdGrid quick =
        MakeThresholdGrid(task_.model(), GridSize(task_, kQuickGridVectors));
    weight_s_ = WeightOf(task_, quick, task_.objective());
    reach_ = BoundPlacements(task_, quick, weight_s_, {.stop = options_.stop}).reach;
    OFFRAMP_RETURN_IF_ERROR(PlaceByRules());
    OFFRAMP_RETURN_IF_ERROR(SearchInPasses());
    Polish();
    OFFRAMP_RETURN_IF_ERROR(Stopped());
    OFFRAMP_RETURN_IF_ERROR(Finish());
    OFFRAMP_RETURN_IF_ERROR(CheckAnswer());
    Bound();
    OFFRAMP_RETURN_IF_ERROR(Stopped());
    return std::move(report_);
  }

 private:
  void Say(const std::string& what) const {
    if (options_.progress) options_.progress(what);
  }
  Status Stopped() const {
    return options_.stop && options_.stop() ? CancelledError("stopped; nothing was written")
                                            : OkStatus();
  }

  AssessOptions Quick() const {
    return {.rows = kQuickRows,
            .rounds = kQuickRounds,
            .restarts = 0,
            .refinements = 2,
            .seed = options_.seed,
            .stop = options_.stop};
  }
  AssessOptions Full() const { return {.seed = options_.seed, .stop = options_.stop}; }

  // The rules' placements are starts of the search, too: what they give is never beaten by them.
  Status PlaceByRules() {
    Say("the rules of others");
    rules_ = {{"one machine", AllOnFastest(task_)},
              {"by memory", InProportionToMemory(task_)},
              {"by speed", InProportionToSpeed(task_)},
              {"one replica each", OneReplicaEach(task_, reach_, options_.stop)}};
    OFFRAMP_RETURN_IF_ERROR(Stopped());
    for (const auto& [name, placement] : rules_) {
      if (placement.ok()) starts_.push_back(*placement);
    }
    if (!rules_.back().second.ok()) {
      return InvalidArgumentError(
          task_.machines().path +
          ": no way to put the stages into the machines' memory along links that there are; the "
          "model needs " +
          NeededMemory());
    }
    starts_.insert(starts_.end(), options_.starts.begin(), options_.starts.end());
    return OkStatus();
  }

  std::string NeededMemory() const {
    std::vector<std::string> needs;
    if (!task_.model().fixed) {
      return Format(
          "%.4g MB in one piece",
          static_cast<double>(task_.Stage(0, task_.model().segment_count()).memory_bytes) * 1e-6);
    }
    for (int s = 0; s < task_.model().segment_count(); ++s) {
      needs.push_back(
          Format("%.4g", static_cast<double>(task_.Stage(s, s + 1).memory_bytes) * 1e-6));
    }
    return Join(needs, " + ") + " MB";
  }

  Status SearchInPasses() {
    for (int pass = 1; pass <= kPasses; ++pass) {
      SearchOptions search;
      search.evaluations = options_.evaluations;
      search.seed = options_.seed + static_cast<std::uint64_t>(pass);
      search.stop = options_.stop;
      search.progress = [&](std::int64_t done, double best_s) {
        Say(Format("pass %d: %lld of %lld placements, best about %.4g ms", pass,
                   static_cast<long long>(done), static_cast<long long>(options_.evaluations),
                   best_s * 1e3));
      };
      std::vector<Placement> starts = starts_;
      if (best_) starts.push_back(best_->placement);
      const double before = best_ ? best_->objective_s : 0;
      const bool first = !best_;
      for (const FoundPlacement& found : SearchPlacements(task_, reach_, starts, search)) {
        OFFRAMP_RETURN_IF_ERROR(Stopped());
        Say(Format("pass %d: judging by DTO-EE's optimum", pass));
        Try(found.placement);
      }
      for (const Placement& start : starts) Try(start);
      if (!best_) break;
      // Without exits nothing changes from pass to pass.
      if (task_.model().profile == nullptr) break;
      if (!first && before - best_->objective_s < kGain * best_->delay_s) break;
      reach_ = ReachOf(*best_);
    }
    OFFRAMP_RETURN_IF_ERROR(Stopped());
    return best_ ? OkStatus() : InternalError("no placement could be planned");
  }

  // Judges a placement, once; keeps the best few.
  bool Try(const Placement& placement) {
    if (!tried_.insert(placement.Key()).second) return false;
    Result<PlacedPlan> placed = Assess(task_, placement, ReachOfStages(placement, reach_), Quick());
    if (!placed.ok()) return false;
    const bool better = !best_ || IsBetterPlaced(task_.objective(), *placed, *best_);
    if (better) best_ = *placed;
    const auto place = std::upper_bound(finalists_.begin(), finalists_.end(), *placed,
                                        [this](const PlacedPlan& a, const PlacedPlan& b) {
                                          return IsBetterPlaced(task_.objective(), a, b);
                                        });
    finalists_.insert(place, *std::move(placed));
    if (finalists_.size() > kFinalists) finalists_.pop_back();
    return better;
  }

  // Single moves judged by the real thing, the promising ones by the quick estimate first.
  void Polish() {
    FlowCost cost(task_);
    int left = options_.polishings;
    bool better = true;
    while (better && left > 0) {
      better = false;
      const Placement now = best_->placement;
      reach_ = task_.model().profile == nullptr ? reach_ : ReachOf(*best_);
      std::vector<FoundPlacement> next;
      for (const Move& move : MovesFrom(task_, now)) {
        const std::optional<Placement> moved = Apply(task_, now, move);
        if (!moved || tried_.contains(moved->Key())) continue;
        const double delay_s = cost.Evaluate(*moved, ReachOfStages(*moved, reach_));
        if (!std::isinf(delay_s)) next.push_back({*moved, delay_s});
      }
      std::sort(next.begin(), next.end(), [](const FoundPlacement& a, const FoundPlacement& b) {
        return a.delay_s < b.delay_s;
      });
      constexpr std::size_t kPromising = 30;
      for (std::size_t i = 0; i < std::min(next.size(), kPromising) && left > 0; ++i, --left) {
        if (options_.stop && options_.stop()) return;
        Say(Format("polishing: %d of %d", options_.polishings - left, options_.polishings));
        if (Try(next[i].placement)) {
          better = true;
          break;
        }
      }
    }
  }

  // The finalists and the rules with everything that there is.
  Status Finish() {
    std::optional<PlacedPlan> best;
    for (const PlacedPlan& finalist : finalists_) {
      Say("the last plan");
      const Result<PlacedPlan> placed =
          Assess(task_, finalist.placement, ReachOf(finalist), Full());
      if (placed.ok() && (!best || IsBetterPlaced(task_.objective(), *placed, *best))) {
        best = *placed;
      }
    }
    for (const auto& [name, placement] : rules_) {
      RulePlaced rule{.name = name};
      if (!placement.ok()) {
        rule.problem = placement.status().message();
      } else {
        Result<PlacedPlan> placed =
            Assess(task_, *placement, ReachOfStages(*placement, reach_), Full());
        if (placed.ok()) {
          if (!best || IsBetterPlaced(task_.objective(), *placed, *best)) best = *placed;
          rule.placed = *std::move(placed);
        } else {
          rule.problem = placed.status().message();
        }
      }
      report_.rules.push_back(std::move(rule));
    }
    OFFRAMP_RETURN_IF_ERROR(Stopped());
    if (!best) return InternalError("no placement could be planned");
    report_.best = *std::move(best);
    return OkStatus();
  }

  // Whether what was found can be run at all.
  Status CheckAnswer() const {
    const PlacedPlan& best = report_.best;
    const std::string& path = task_.machines().path;
    if (best.max_link_load >= 1) {
      const MachineLink& link = task_.machines().links[static_cast<std::size_t>(best.busiest_link)];
      return InvalidArgumentError(
          path +
          Format(": the load is beyond every placement found: in the best one the link from "
                 "%s to %s would carry %.4g Mbit/s, and it has %.4g: %.4g Mbit/s are missing",
                 task_.machine(link.from).name.c_str(), task_.machine(link.to).name.c_str(),
                 best.max_link_load * link.mbit_per_s, link.mbit_per_s,
                 (best.max_link_load - 1) * link.mbit_per_s));
    }
    if (best.overloaded()) {
      const auto busiest = std::max_element(best.machine_load.begin(), best.machine_load.end());
      const Machine& machine = task_.machine(static_cast<int>(busiest - best.machine_load.begin()));
      return InvalidArgumentError(
          path + Format(": the load is beyond every placement found: in the best one %s would work "
                        "at %.4g GFLOP/s, and it has %.4g: %.4g GFLOP/s are missing",
                        machine.name.c_str(), *busiest * machine.gflops_per_s, machine.gflops_per_s,
                        std::max(*busiest - 1, 0.0) * machine.gflops_per_s));
    }
    const Objective& objective = task_.objective();
    if (objective.min_accuracy && best.accuracy() < *objective.min_accuracy - 1e-9) {
      return InvalidArgumentError(
          path + Format(": objective: accuracy %g is not reached on any placement found; the "
                        "nearest is %.4f, %.4f is missing",
                        *objective.min_accuracy, best.accuracy(),
                        *objective.min_accuracy - best.accuracy()));
    }
    if (objective.max_mean_delay_s && best.delay_s > *objective.max_mean_delay_s + 1e-9) {
      return InvalidArgumentError(
          path + Format(": objective: a mean delay of %g s is not reached on any placement found; "
                        "the least is %.4g s, %.4g s too many",
                        *objective.max_mean_delay_s, best.delay_s,
                        best.delay_s - *objective.max_mean_delay_s));
    }
    return OkStatus();
  }

  // Again for the weight in force, on a finer grid that the plan's own thresholds lie on.
  void Bound() {
    Say("the bound");
    const Plan& plan = report_.best.plan;
    std::vector<std::vector<double>> also(task_.model().segments.size());
    std::size_t node = report_.best.scenario.devices.size();
    for (std::size_t s = 0; s < also.size() && task_.model().fixed; ++s) {
      for (std::size_t r = 0; r < report_.best.placement.replicas[s].size(); ++r) {
        also[s].push_back(plan.strategy.threshold[node++]);
      }
      if (also[s].size() > 3) also[s].resize(3);
    }
    const ThresholdGrid grid =
        MakeThresholdGrid(task_.model(), GridSize(task_, kGridVectors), also);
    report_.accuracy_weight_s = plan.accuracy_weight_s;
    report_.threshold_vectors = grid.size();
    report_.bound = BoundPlacements(task_, grid, plan.accuracy_weight_s, {.stop = options_.stop});
    report_.gap_s = report_.best.objective_s - report_.bound.lower_bound_s;
  }

  const PlacementTask& task_;
  const PlaceOptions& options_;
  double weight_s_ = 0;
  std::vector<double> reach_;
  std::vector<std::pair<std::string, Result<Placement>>> rules_;
  std::vector<Placement> starts_;
  std::set<std::string> tried_;
  std::optional<PlacedPlan> best_;
  std::vector<PlacedPlan> finalists_;
  PlaceReport report_;
};

}  // namespace

Result<PlaceReport> Place(const PlacementTask& task, const PlaceOptions& options) {
  return Placer(task, options).Run();
}

}  // namespace offramp
