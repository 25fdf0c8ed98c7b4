#include "offramp/placement/single_path.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include "offramp/core/queue_model.h"
#include "offramp/placement/machine_shares.h"

namespace offramp {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr std::int64_t kMostSteps = 1'000'000;
constexpr std::int64_t kBetweenStops = 1024;
constexpr double kBetter = 1e-9;

class PathSearch {
 public:
  PathSearch(const PlacementTask& task, const std::vector<double>& reach,
             const std::function<bool()>& stop)
      : task_(task),
        reach_(reach),
        stop_(stop),
        fixed_(task.model().fixed),
        machines_(task.machine_count()),
        segments_(task.model().segment_count()),
        stages_max_(task.stages_max()) {}

  std::optional<SinglePath> Run() {
    FillTables();
    FillRest();
    const auto machines = static_cast<std::size_t>(machines_);
    rho_.resize(machines);
    used_.assign(machines, 0);
    tasks_.assign(machines, 0);
    visited_.assign(machines, '0');
    Descend(0, -1, 0, 0);
    if (best_.ends.empty()) return std::nullopt;
    return SinglePath{.placement = best_,
                      .delay_s = best_tasks_ / task_.total_rate_per_s(),
                      .proven = steps_ <= kMostSteps};
  }

 private:
  struct Stage {
    double rho = 0;
    double alone = kInfinite;  // tasks on a machine that has only this; infinite: does not fit
    std::int64_t memory = 0;
  };
  struct Choice {
    double bound = 0;
    int end = 0;
    int machine = 0;
    double moved = 0;  // tasks under way to it
  };

  double Rate(int segment) const {
    return task_.total_rate_per_s() * reach_[static_cast<std::size_t>(segment)];
  }
  // Index into a table of so many columns and machines.
  std::size_t Index(int row, int columns, int column, int machine) const {
    const auto cell = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(column);
    return cell * static_cast<std::size_t>(machines_) + static_cast<std::size_t>(machine);
  }
  std::size_t StageIndex(int begin, int end, int m) const {
    return Index(begin, segments_ + 1, end, m);
  }
  std::size_t MovedIndex(int begin, int from, int to) const {
    return Index(begin, machines_ + 1, from + 1, to);
  }
  const Stage& At(int begin, int end, int m) const { return stage_[StageIndex(begin, end, m)]; }
  // Tasks under way to a stage that begins there; from < 0: from the sources.
  double Moved(int begin, int from, int to) const { return moved_[MovedIndex(begin, from, to)]; }
  double& Rest(int left, int begin, int from) {
    return rest_[Index(left, segments_ + 1, begin, from)];
  }
  int LastEnd(int begin) const { return fixed_ ? begin + 1 : segments_; }

  void FillTables() {
    stage_.resize(StageIndex(segments_, 0, 0));
    moved_.assign(MovedIndex(segments_, -1, 0), 0);
    for (int begin = 0; begin < segments_; ++begin) {
      for (int end = begin + 1; end <= LastEnd(begin); ++end) {
        const StageNeed need = task_.Stage(begin, end);
        for (int m = 0; m < machines_; ++m) {
          Stage stage{.rho = Rate(begin) * need.gflops / task_.machine(m).gflops_per_s,
                      .memory = need.memory_bytes};
          if (need.memory_bytes <= task_.machine(m).memory_bytes) {
            stage.alone = EvaluateQueue(stage.rho, 1, task_.congestion()).number;
          }
          stage_[StageIndex(begin, end, m)] = stage;
        }
      }
      const std::int64_t bytes = task_.BytesInto(begin);
      for (int to = 0; to < machines_; ++to) {
        for (int from = -1; from < machines_; ++from) {
          double tasks = 0;
          if (from >= 0) {
            const double seconds = task_.TransferSeconds(bytes, from, to);
            tasks = std::isinf(seconds) ? kInfinite : Rate(begin) * seconds;
          } else {
            for (const auto& [machine, rate] : task_.sources()) {
              tasks += rate * task_.TransferSeconds(bytes, machine, to);
            }
          }
          moved_[MovedIndex(begin, from, to)] = tasks;
        }
      }
    }
  }

  // The cheapest rest from every segment and machine with so many stages left, alone on every
  // machine.
  void FillRest() {
    rest_.assign(Index(stages_max_ + 1, segments_ + 1, 0, 0), kInfinite);
    std::vector<double> entered(static_cast<std::size_t>(machines_));
    for (int left = 0; left <= stages_max_; ++left) {
      for (int m = 0; m < machines_; ++m) Rest(left, segments_, m) = 0;
      if (left == 0) continue;
      for (int begin = segments_ - 1; begin > 0; --begin) {
        for (int to = 0; to < machines_; ++to) {
          double least = kInfinite;
          for (int end = begin + 1; end <= LastEnd(begin); ++end) {
            least = std::min(least, At(begin, end, to).alone + Rest(left - 1, end, to));
          }
          entered[static_cast<std::size_t>(to)] = least;
        }
        for (int from = 0; from < machines_; ++from) {
          double least = kInfinite;
          for (int to = 0; to < machines_; ++to) {
            if (to == from && !fixed_) continue;
            least = std::min(least, Moved(begin, from, to) + entered[static_cast<std::size_t>(to)]);
          }
          Rest(left, begin, from) = least;
        }
      }
    }
  }

  // Tasks on a machine that gets one stage more.
  double OnMachine(int m, const Stage& stage) {
    std::vector<double>& rho = rho_[static_cast<std::size_t>(m)];
    if (rho.empty()) return stage.alone;
    rho.push_back(stage.rho);
    const double tasks =
        TasksOnMachine(rho, BestShares(rho, task_.congestion()), task_.congestion());
    rho.pop_back();
    return tasks;
  }

  // `held`: tasks on the way so far and on all machines.
  void Descend(int begin, int from, int stages, double held) {
    if (begin == segments_) {
      if (held < best_tasks_ * (1 - kBetter)) {
        best_tasks_ = held;
        best_ = now_;
      }
      return;
    }
    if (stages == stages_max_) return;
    // Where every machine has one stage, costs add up: who came here over the same machines for
    // less has seen all that follows.
    if (!fixed_ && begin > 0) {
      const auto [known, fresh] =
          known_.emplace(visited_ + static_cast<char>(begin) + static_cast<char>(from), held);
      if (!fresh && known->second <= held) return;
      known->second = held;
    }
    std::vector<Choice> choices;
    for (int end = begin + 1; end <= LastEnd(begin); ++end) {
      for (int to = 0; to < machines_; ++to) {
        const auto m = static_cast<std::size_t>(to);
        const Stage& stage = At(begin, end, to);
        if (!fixed_ && visited_[m] == '1') continue;
        if (used_[m] + stage.memory > task_.machine(to).memory_bytes) continue;
        const double moved = Moved(begin, from, to);
        const double bound = held + moved + stage.alone + Rest(stages_max_ - stages - 1, end, to);
        if (bound < best_tasks_) choices.push_back({bound, end, to, moved});
      }
    }
    std::sort(choices.begin(), choices.end(),
              [](const Choice& a, const Choice& b) { return a.bound < b.bound; });
    for (const Choice& choice : choices) {
      if (choice.bound >= best_tasks_ * (1 - kBetter)) return;
      if (steps_ > kMostSteps) return;
      if (++steps_ % kBetweenStops == 0 && stop_ && stop_()) steps_ = kMostSteps + 1;
      Take(begin, stages, held, choice);
    }
  }

  void Take(int begin, int stages, double held, const Choice& choice) {
    const auto m = static_cast<std::size_t>(choice.machine);
    const Stage& stage = At(begin, choice.end, choice.machine);
    const double before = tasks_[m];
    const double after = OnMachine(choice.machine, stage);
    const double next = held + choice.moved - before + after;
    if (next + Rest(stages_max_ - stages - 1, choice.end, choice.machine) >= best_tasks_) return;
    const char visited = visited_[m];
    rho_[m].push_back(stage.rho);
    tasks_[m] = after;
    used_[m] += stage.memory;
    visited_[m] = '1';
    now_.ends.push_back(choice.end);
    now_.replicas.push_back({choice.machine});
    Descend(choice.end, choice.machine, stages + 1, next);
    now_.ends.pop_back();
    now_.replicas.pop_back();
    visited_[m] = visited;
    used_[m] -= stage.memory;
    tasks_[m] = before;
    rho_[m].pop_back();
  }

  const PlacementTask& task_;
  const std::vector<double>& reach_;
  const std::function<bool()>& stop_;
  const bool fixed_;
  const int machines_;
  const int segments_;
  const int stages_max_;
  std::vector<Stage> stage_;  // by begin, end, machine
  std::vector<double> moved_;
  std::vector<double> rest_;
  std::vector<std::vector<double>> rho_;  // by machine, of the stages it has so far
  std::vector<std::int64_t> used_;
  std::vector<double> tasks_;  // by machine
  std::string visited_;        // by machine: '1' has a stage
  std::unordered_map<std::string, double> known_;
  Placement now_;
  Placement best_;
  double best_tasks_ = kInfinite;
  std::int64_t steps_ = 0;
};

}  // namespace

std::optional<SinglePath> BestSinglePath(const PlacementTask& task,
                                         const std::vector<double>& reach,
                                         const std::function<bool()>& stop) {
  return PathSearch(task, reach, stop).Run();
}

}  // namespace offramp
