#include <algorithm>
#include <array>
#include <span>

#include "offramp/cli/reproduce/study_runs.h"
#include "offramp/optimize/plan.h"
#include "offramp/optimize/reference.h"
#include "offramp/optimize/tuned_thresholds.h"

namespace offramp {
namespace {

constexpr double kNominalLoad = 0.7;
constexpr int kPasses = 20;  // of thresholds alone

Strategy TunedByCapacity(const Problem& problem) {
  Strategy strategy = CapacityStrategy(problem, 0.8);
  const TunedThresholds tuned = TuneThresholds(problem);
  for (int h = 1; h < problem.stages(); ++h) {
    SetStageThreshold(problem, h, tuned.by_stage[static_cast<std::size_t>(h - 1)], strategy);
  }
  return strategy;
}

Result<Strategy> OnlyShares(const Problem& problem) {
  ReferenceOptions options;
  options.starts = {TunedByCapacity(problem)};
  options.own_starts = 0;
  options.thresholds_move = false;
  OFFRAMP_ASSIGN_OR_RETURN(Reference reference, SolveReference(problem, options));
  return std::move(reference.strategy);
}

Strategy OnlyThresholds(const Problem& problem) {
  Strategy strategy = TunedByCapacity(problem);
  double before_s = Evaluator().Evaluate(problem, strategy).objective_s;
  for (int pass = 0; pass < kPasses; ++pass) {
    const double now_s = ImproveThresholds(problem, strategy);
    if (!(now_s < before_s - 1e-9)) break;
    before_s = now_s;
  }
  return strategy;
}

Result<Problem> ProblemOfSeed(const StudyOptions& options, double load, int seed) {
  const PaperOptions paper{.seed = static_cast<std::uint64_t>(seed), .load = load};
  OFFRAMP_ASSIGN_OR_RETURN(const Scenario scenario,
                           PaperScenario(options.model, options.profile, paper));
  return ProblemOf(scenario);
}

Result<Plan> PlanOf(const Problem& problem, Policy policy, int restarts) {
  PlanOptions options;
  options.policy = policy;
  options.restarts = restarts;
  options.certificate = false;
  options.objective.accuracy_weight_s = problem.accuracy_weight_s();
  return MakePlan(problem, options);
}

}  // namespace

Result<Experiment> CouplingOff(const StudyOptions& options) {
  Experiment experiment{
      .title = "Coupling",
      .text =
          "Predicted for static plans. Neither: shares by capacity and tuned thresholds; the "
          "others start there. Only shares: the best ones for these thresholds; only "
          "thresholds: a node's own, for these shares.",
      .axis = "load",
      .by_objective = true};
  const std::vector<double> loads =
      options.quick ? std::vector<double>{kNominalLoad} : std::vector<double>{0.5, 0.7, 0.9};
  for (const char* name : {"both (dto-ee)", "only shares", "only thresholds", "neither"}) {
    experiment.curves.push_back({name, false, {}});
  }
  const double all = static_cast<double>(loads.size()) * options.seeds;
  for (std::size_t point = 0; point < loads.size(); ++point) {
    ColumnValues values{.by_curve = std::vector<std::vector<Outcome>>(experiment.curves.size()),
                        .weight_s = {}};
    for (int seed = 1; seed <= options.seeds; ++seed) {
      // What MUMPS behind the reference keeps is the process's: one at a time.
      if (options.stop && options.stop()) return experiment;
      if (options.progress) {
        const double done = static_cast<double>(point) * options.seeds + seed - 1;
        options.progress(experiment.title, done / all);
      }
      OFFRAMP_ASSIGN_OR_RETURN(const Problem problem, ProblemOfSeed(options, loads[point], seed));
      OFFRAMP_ASSIGN_OR_RETURN(const Plan both, PlanOf(problem, Policy::kDtoEe, 0));
      OFFRAMP_ASSIGN_OR_RETURN(const Strategy shares, OnlyShares(problem));
      const std::array<Strategy, 4> strategies = {both.strategy, shares, OnlyThresholds(problem),
                                                  TunedByCapacity(problem)};
      Evaluator evaluator;
      for (std::size_t i = 0; i < strategies.size(); ++i) {
        const Evaluation& evaluation = evaluator.Evaluate(problem, strategies[i]);
        values.by_curve[i].push_back({evaluation.mean_delay_s, evaluation.accuracy});
      }
      values.weight_s.push_back(problem.accuracy_weight_s());
    }
    experiment.x.push_back(loads[point]);
    const std::vector<Figures> column = FiguresOf(values);
    for (std::size_t i = 0; i < column.size(); ++i) {
      experiment.curves[i].points.push_back(column[i]);
    }
  }
  return experiment;
}

Result<Convergence> ByRounds(const StudyOptions& options) {
  Convergence convergence;
  convergence.rounds = {0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 100, 200, 300};
  std::vector<std::vector<double>> excess(convergence.rounds.size());
  for (int seed = 1; seed <= options.seeds; ++seed) {
    if (options.stop && options.stop()) break;
    if (options.progress) {
      options.progress("Convergence", static_cast<double>(seed - 1) / options.seeds);
    }
    OFFRAMP_ASSIGN_OR_RETURN(const Problem problem, ProblemOfSeed(options, kNominalLoad, seed));
    OFFRAMP_ASSIGN_OR_RETURN(const Plan plan, PlanOf(problem, Policy::kDtoEe, 0));
    OFFRAMP_ASSIGN_OR_RETURN(const Plan best, PlanOf(problem, Policy::kOptimum, 1));
    const double least_s = std::min(plan.predicted.objective_s, best.predicted.objective_s);
    for (std::size_t i = 0; i < convergence.rounds.size(); ++i) {
      // A run that has converged stays where it is.
      const std::size_t at = std::min<std::size_t>(static_cast<std::size_t>(convergence.rounds[i]),
                                                   plan.history.size() - 1);
      const double above_s = plan.history[at].objective_s - least_s;
      excess[i].push_back(100 * above_s / plan.predicted.mean_delay_s);
    }
  }
  for (const std::vector<double>& values : excess) {
    if (values.empty()) return Convergence{};  // stopped before the first
    convergence.excess_percent.push_back(OverSeeds(values));
  }
  return convergence;
}

}  // namespace offramp
