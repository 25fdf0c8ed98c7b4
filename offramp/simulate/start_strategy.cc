#include "offramp/simulate/start_strategy.h"

#include <algorithm>
#include <utility>

#include "offramp/core/exit_rule.h"
#include "offramp/optimize/baselines/baseline.h"
#include "offramp/optimize/plan.h"
#include "offramp/optimize/tuned_thresholds.h"

namespace offramp {

namespace {

void SetByStage(const Problem& problem, const std::vector<double>& by_stage, Strategy& strategy) {
  for (int h = 1; h < problem.stages(); ++h) {
    SetStageThreshold(problem, h, by_stage[static_cast<std::size_t>(h - 1)], strategy);
  }
}

void SetFixedThresholds(const Problem& problem, const SimulateOptions& options,
                        Strategy& strategy) {
  if (options.policy == Policy::kNoExit) {
    std::fill(strategy.threshold.begin(), strategy.threshold.end(), kNeverExit);
  } else if (!options.thresholds.by_stage.empty()) {
    SetByStage(problem, options.thresholds.by_stage, strategy);
  } else if (options.thresholds.tuned && problem.profile() != nullptr) {
    SetByStage(problem, TuneThresholds(problem).by_stage, strategy);
  }
}

// Proportional to link rates; where a sender has a link without rate, to 1 / transfer time.
void SplitByRate(const Scenario& scenario, const Problem& problem, Strategy& strategy) {
  const std::vector<int> node_of = ProblemIndex(scenario, problem);
  std::vector<std::vector<const ScenarioLink*>> leaving(node_of.size());
  for (const ScenarioLink& link : scenario.links) {
    leaving[static_cast<std::size_t>(link.from)].push_back(&link);
  }
  for (std::size_t part = 0; part < leaving.size(); ++part) {
    const auto& links = leaving[part];
    const bool rated = std::all_of(links.begin(), links.end(),
                                   [](const ScenarioLink* link) { return link->mbit_per_s > 0; });
    const int node = node_of[part];
    double total = 0;
    for (const ScenarioLink* link : links) {
      const int to = node_of[static_cast<std::size_t>(link->to)];
      for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
        if (problem.link(l).to != to) continue;
        double& share = strategy.share[static_cast<std::size_t>(l)];
        share = rated ? link->mbit_per_s : 1 / std::max(scenario.TransferSeconds(*link), 1e-6);
        total += share;
      }
    }
    for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
      strategy.share[static_cast<std::size_t>(l)] /= total;
    }
  }
}

}  // namespace

bool IsShareBased(Policy policy) {
  switch (policy) {
    case Policy::kComputingFirst:
    case Policy::kBandwidthFirst:
    case Policy::kNash:
    case Policy::kGenetic:
    case Policy::kOptimum:
      return true;
    case Policy::kDtoEe:
    case Policy::kRoundRobin:
    case Policy::kLeastOutstanding:
    case Policy::kWeightedLeastOutstanding:
    case Policy::kPowerOfTwo:
    case Policy::kPeakEwma:
    case Policy::kNoExit:
      break;
  }
  return false;
}

Result<StartStrategy> ChooseStart(const Scenario& scenario, const Problem& problem,
                                  const SimulateOptions& options) {
  StartStrategy start;
  start.accuracy_weight_s = scenario.objective.accuracy_weight_s;
  if (options.start) {
    OFFRAMP_RETURN_IF_ERROR(CheckStrategy(problem, *options.start));
    start.strategy = *options.start;
    return start;
  }
  if (options.policy == Policy::kNash && !options.thresholds.by_stage.empty()) {
    start.strategy = CapacityStrategy(problem, kNeverExit);
    SetByStage(problem, options.thresholds.by_stage, start.strategy);
    start.strategy = MakeBaseline(
        options.policy, {.problem = problem, .threshold = std::move(start.strategy.threshold)});
    return start;
  }
  const bool plans = (options.policy == Policy::kDtoEe && !options.cold) ||
                     options.policy == Policy::kNash || options.policy == Policy::kGenetic ||
                     options.policy == Policy::kOptimum;
  if (plans) {
    PlanOptions planning;
    planning.policy = options.policy;
    planning.seed = options.seed;
    planning.objective = scenario.objective;
    planning.fixed_threshold = options.thresholds.fixed;
    planning.tuned = options.thresholds.tuned;
    planning.certificate = false;
    planning.stop = options.stop;
    // It goes on adapting: what a fleet's own rounds find is where it starts.
    if (options.policy == Policy::kDtoEe) planning.restarts = 0;
    OFFRAMP_ASSIGN_OR_RETURN(Plan plan, MakePlan(problem, planning));
    start.strategy = std::move(plan.strategy);
    start.accuracy_weight_s = plan.accuracy_weight_s;
    return start;
  }
  start.strategy = CapacityStrategy(problem, options.thresholds.fixed);
  if (options.policy == Policy::kBandwidthFirst) SplitByRate(scenario, problem, start.strategy);
  SetFixedThresholds(problem, options, start.strategy);
  return start;
}

}  // namespace offramp
