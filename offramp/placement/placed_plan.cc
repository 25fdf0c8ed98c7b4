#include "offramp/placement/placed_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "offramp/base/text.h"
#include "offramp/placement/flow_cost.h"
#include "offramp/placement/machine_shares.h"

namespace offramp {

namespace {

constexpr std::size_t kLongestName = 64;
// Below this share of a stage's tasks a replica only keeps speed from its machine's others.
constexpr double kIdle = 0.005;
// Of all tasks, what a stage is made for at least: shadow tasks come to it whatever exits do
// (files/fleet.h), and requests that switch exits off.
constexpr double kLeastReach = 0.005;
constexpr double kGain = 1e-5;  // of the delay: what counts as better

using ByReplica = std::vector<std::vector<double>>;

// To five figures, as a fleet file shows it.
double RoundedDown(double value) {
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 4);
  const double down = std::floor(value / unit * (1 + 1e-12)) * unit;
  return std::strtod(Format("%.5g", down).c_str(), nullptr);
}

// Every machine's speed shared out for these arrivals.
ByReplica SpeedsFor(const PlacementTask& task, const Placement& placement,
                    const ByReplica& arrivals) {
  ByReplica speeds(arrivals.size());
  struct Held {
    std::size_t stage;
    std::size_t replica;
  };
  std::vector<std::vector<Held>> held(static_cast<std::size_t>(task.machine_count()));
  std::vector<std::vector<double>> rho(held.size());
  for (std::size_t s = 0; s < arrivals.size(); ++s) {
    const int stage = static_cast<int>(s) + 1;
    const double gflops = task.Stage(placement, stage).gflops;
    speeds[s].resize(arrivals[s].size());
    // A share of next to nothing would make a node that nobody can use when others die.
    double stage_rate = 0;
    for (const double rate : arrivals[s]) stage_rate += rate;
    const double least = std::max(kIdle * stage_rate, kLeastReach * task.total_rate_per_s() /
                                                          static_cast<double>(arrivals[s].size()));
    for (std::size_t r = 0; r < arrivals[s].size(); ++r) {
      const auto m = static_cast<std::size_t>(placement.replicas[s][r]);
      held[m].push_back({s, r});
      const double rate = std::max(arrivals[s][r], least);
      rho[m].push_back(rate * gflops / task.machine(static_cast<int>(m)).gflops_per_s);
    }
  }
  for (std::size_t m = 0; m < held.size(); ++m) {
    if (held[m].empty()) continue;
    const std::vector<double> share = BestShares(rho[m], task.congestion());
    for (std::size_t i = 0; i < held[m].size(); ++i) {
      speeds[held[m][i].stage][held[m][i].replica] =
          RoundedDown(share[i] * task.machine(static_cast<int>(m)).gflops_per_s);
    }
  }
  return speeds;
}

std::shared_ptr<const ExitProfile> Thinned(const std::shared_ptr<const ExitProfile>& profile,
                                           std::size_t rows) {
  if (profile == nullptr || rows == 0 || profile->rows() <= rows) return profile;
  const auto pick = [&](std::span<const float> column) {
    std::vector<float> picked;
    for (std::size_t r = 0; r < rows && !column.empty(); ++r) {
      picked.push_back(column[r * column.size() / rows]);
    }
    return picked;
  };
  std::vector<std::vector<float>> confidence;
  std::vector<std::vector<float>> correct;
  for (int stage = 1; stage <= profile->stages(); ++stage) {
    confidence.push_back(pick(profile->confidence(stage)));
    correct.push_back(pick(profile->correct(stage)));
  }
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

class Assessor {
 public:
  Assessor(const PlacementTask& task, const AssessOptions& options)
      : task_(task), options_(options), profile_(Thinned(task.model().profile, options.rows)) {}

  Result<PlacedPlan> Run(Placement placement, const std::vector<double>& reach) {
    FlowCost flows(task_);
    if (!task_.Prune(placement) || std::isinf(flows.Evaluate(placement, reach))) {
      return InvalidArgumentError("some tasks cannot get through");
    }
    ByReplica arrivals = flows.Arrivals();
    if (DropIdle(placement, arrivals)) {
      flows.Evaluate(placement, reach);
      arrivals = flows.Arrivals();
    }
    OFFRAMP_ASSIGN_OR_RETURN(PlacedPlan best, PlanOn(placement, arrivals));
    for (int i = 0; i < options_.refinements; ++i) {
      if (options_.stop && options_.stop()) break;
      arrivals = ArrivalsOf(best);
      placement = best.placement;
      DropIdle(placement, arrivals);
      OFFRAMP_ASSIGN_OR_RETURN(PlacedPlan next, PlanOn(placement, arrivals));
      const bool gained = IsBetterPlaced(task_.objective(), next, best);
      const bool much = best.objective_s - next.objective_s > kGain * best.delay_s;
      if (gained) best = std::move(next);
      if (!gained || !much) break;
    }
    return best;
  }

 private:
  static ByReplica ArrivalsOf(const PlacedPlan& placed) {
    ByReplica arrivals;
    // The problem keeps the scenario's order within a stage: sources, then nodes by stage.
    std::size_t next = placed.scenario.devices.size();
    for (const std::vector<int>& machines : placed.placement.replicas) {
      arrivals.emplace_back();
      for (std::size_t r = 0; r < machines.size(); ++r) {
        arrivals.back().push_back(placed.plan.predicted.arrival_rate_per_s[next++]);
      }
    }
    return arrivals;
  }

  // Takes out replicas that get next to nothing, where the rest still gets every task through.
  bool DropIdle(Placement& placement, ByReplica& arrivals) const {
    Placement kept = placement;
    ByReplica kept_arrivals(arrivals.size());
    for (std::size_t s = 0; s < arrivals.size(); ++s) {
      double rate = 0;
      for (const double arriving : arrivals[s]) rate += arriving;
      kept.replicas[s].clear();
      for (std::size_t r = 0; r < arrivals[s].size(); ++r) {
        if (arrivals[s][r] < kIdle * rate && arrivals[s].size() > 1) continue;
        kept.replicas[s].push_back(placement.replicas[s][r]);
        kept_arrivals[s].push_back(arrivals[s][r]);
      }
      // Nobody comes here at all: one is enough.
      if (rate <= 0) {
        kept.replicas[s] = {placement.replicas[s].front()};
        kept_arrivals[s] = {0};
      }
    }
    if (kept == placement) return false;
    Placement pruned = kept;
    if (!task_.Prune(pruned) || pruned != kept) return false;
    placement = std::move(kept);
    arrivals = std::move(kept_arrivals);
    return true;
  }

  Scenario ScenarioOf(const Placement& placement, const ByReplica& speeds) const {
    Scenario scenario;
    scenario.path = task_.machines().path;
    scenario.input_bytes = task_.model().input_bytes;
    scenario.profile = profile_;
    scenario.service = task_.machines().service;
    scenario.service_histogram = task_.model().service_histogram;
    scenario.objective = task_.objective();
    for (int stage = 1; stage <= placement.stage_count(); ++stage) {
      const bool last = stage == placement.stage_count();
      const ModelSegment& end =
          task_.model().segments[static_cast<std::size_t>(placement.end(stage) - 1)];
      const StageNeed need = task_.Stage(placement, stage);
      scenario.stages.push_back({.gflops = need.gflops,
                                 .output_bytes = last ? 0 : end.output_bytes,
                                 .memory_bytes = need.memory_bytes,
                                 .exit = last || end.exit});
    }
    std::vector<int> before;  // machine of every part of the stage before
    for (const MachineSource& source : task_.machines().sources) {
      scenario.devices.push_back({source.name, source.tasks_per_s});
      before.push_back(source.machine);
    }
    const auto names = NodeNames(task_, placement);
    int first = 0;  // part index of before[0]
    for (int stage = 1; stage <= placement.stage_count(); ++stage) {
      const auto s = static_cast<std::size_t>(stage - 1);
      const int begin = scenario.part_count();
      for (std::size_t r = 0; r < speeds[s].size(); ++r) {
        scenario.nodes.push_back({names[s][r], stage, speeds[s][r]});
        const int to = begin + static_cast<int>(r);
        for (std::size_t f = 0; f < before.size(); ++f) {
          AddLink(before[f], placement.replicas[s][r], first + static_cast<int>(f), to, scenario);
        }
      }
      before = placement.replicas[s];
      first = begin;
    }
    return scenario;
  }

  void AddLink(int from_machine, int to_machine, int from, int to, Scenario& scenario) const {
    ScenarioLink link{.from = from, .to = to};
    if (from_machine != to_machine) {
      const MachineLink* known = task_.FindLink(from_machine, to_machine);
      if (known == nullptr) return;
      link.mbit_per_s = known->mbit_per_s;
      link.latency_ms = known->latency_ms;
      link.queue = true;
    }
    scenario.links.push_back(link);
  }

  Result<PlacedPlan> PlanOn(const Placement& placement, const ByReplica& arrivals) {
    PlacedPlan placed;
    placed.placement = placement;
    placed.gflops_per_s = SpeedsFor(task_, placement, arrivals);
    placed.scenario = ScenarioOf(placement, placed.gflops_per_s);
    OFFRAMP_ASSIGN_OR_RETURN(const Problem problem, ProblemOf(placed.scenario));
    PlanOptions plan_options;
    plan_options.rounds = options_.rounds;
    plan_options.restarts = options_.restarts;
    plan_options.seed = options_.seed;
    plan_options.objective = task_.objective();
    plan_options.certificate = false;
    plan_options.stop = options_.stop;
    OFFRAMP_ASSIGN_OR_RETURN(placed.plan, MakePlan(problem, plan_options));
    Measure(problem, placed);
    return placed;
  }

  // What a plan does not say: machines and links.
  void Measure(const Problem& problem, PlacedPlan& placed) const {
    const Evaluation& e = placed.plan.predicted;
    std::vector<int> machine;  // by problem node: sources, then nodes by stage as in the placement
    for (const MachineSource& source : task_.machines().sources) machine.push_back(source.machine);
    placed.machine_load.assign(static_cast<std::size_t>(task_.machine_count()), 0);
    for (int stage = 1; stage <= placed.placement.stage_count(); ++stage) {
      const double gflops = task_.Stage(placed.placement, stage).gflops;
      for (const int m : placed.placement.on(stage)) {
        placed.machine_load[static_cast<std::size_t>(m)] +=
            e.arrival_rate_per_s[machine.size()] * gflops / task_.machine(m).gflops_per_s;
        machine.push_back(m);
      }
    }
    std::vector<double> busy(task_.machines().links.size(), 0);
    for (int l = 0; l < problem.link_count(); ++l) {
      const ProblemLink& link = problem.link(l);
      const int from = machine[static_cast<std::size_t>(link.from)];
      const int to = machine[static_cast<std::size_t>(link.to)];
      if (from == to) continue;
      const int into = problem.node(link.to).stage;
      const auto index =
          static_cast<std::size_t>(task_.FindLink(from, to) - task_.machines().links.data());
      busy[index] += e.link_flow_per_s[static_cast<std::size_t>(l)] *
                     task_.BusySeconds(task_.BytesInto(placed.placement.begin(into)), from, to);
    }
    double waiting = 0;
    for (std::size_t l = 0; l < busy.size(); ++l) {
      waiting += WaitForLink(busy[l]).number;
      if (busy[l] > placed.max_link_load) {
        placed.max_link_load = busy[l];
        placed.busiest_link = static_cast<int>(l);
      }
    }
    placed.link_wait_s = waiting / task_.total_rate_per_s();
    placed.delay_s = e.mean_delay_s + placed.link_wait_s;
    placed.objective_s = e.objective_s + placed.link_wait_s;
  }

  const PlacementTask& task_;
  const AssessOptions& options_;
  std::shared_ptr<const ExitProfile> profile_;
};

}  // namespace

std::vector<std::vector<std::string>> NodeNames(const PlacementTask& task,
                                                const Placement& placement) {
  std::set<std::string> taken;
  for (const MachineSource& source : task.machines().sources) taken.insert(source.name);
  std::vector<std::vector<std::string>> names;
  for (int stage = 1; stage <= placement.stage_count(); ++stage) {
    names.emplace_back();
    for (const int m : placement.on(stage)) {
      std::string name = Format("s%d-", stage) + task.machine(m).name;
      if (name.size() > kLongestName) name = Format("s%d-m%d", stage, m);
      for (int more = 2; !taken.insert(name).second; ++more) {
        name = Format("s%d-m%d-%d", stage, m, more);
      }
      names.back().push_back(name);
    }
  }
  return names;
}

Result<PlacedPlan> Assess(const PlacementTask& task, Placement placement,
                          const std::vector<double>& reach, const AssessOptions& options) {
  return Assessor(task, options).Run(std::move(placement), reach);
}

bool IsBetterPlaced(const Objective& objective, const PlacedPlan& a, const PlacedPlan& b) {
  if (a.overloaded() != b.overloaded()) return b.overloaded();
  if (!objective.steers()) return a.objective_s < b.objective_s;
  constexpr double kOnTheLine = 1e-9;
  const auto meets = [&](const PlacedPlan& placed) {
    return objective.min_accuracy ? placed.accuracy() >= *objective.min_accuracy - kOnTheLine
                                  : placed.delay_s <= *objective.max_mean_delay_s + kOnTheLine;
  };
  if (meets(a) != meets(b)) return meets(a);
  const bool least_delay = objective.min_accuracy.has_value() == meets(a);
  return least_delay ? a.delay_s < b.delay_s : a.accuracy() > b.accuracy();
}

std::vector<double> ReachOf(const PlacedPlan& placed) {
  std::vector<double> reach = {1};
  const std::vector<double>& exits = placed.plan.predicted.exit_share;
  for (std::size_t s = 0; s + 1 < exits.size(); ++s) {
    reach.push_back(std::max(reach.back() - exits[s], 0.0));
  }
  return reach;
}

}  // namespace offramp
