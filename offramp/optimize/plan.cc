#include "offramp/optimize/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "offramp/base/random.h"
#include "offramp/core/exit_rule.h"
#include "offramp/optimize/baselines/baseline.h"
#include "offramp/optimize/plan_search.h"
#include "offramp/optimize/reference.h"
#include "offramp/optimize/tuned_thresholds.h"

namespace offramp {
namespace {

constexpr int kMostRounds = 1'000'000;
constexpr int kMostRestarts = 1000;
constexpr int kRestartRounds = 150;

Status Check(const PlanOptions& o) {
  if (o.rounds < 0 || o.rounds > kMostRounds) {
    return InvalidArgumentError("rounds must be 0 to " + std::to_string(kMostRounds));
  }
  if (o.restarts < 0 || o.restarts > kMostRestarts) {
    return InvalidArgumentError("restarts must be 0 to " + std::to_string(kMostRestarts));
  }
  if (!(o.held_out >= 0 && o.held_out <= 0.9)) {
    return InvalidArgumentError("the held-out share must be 0 to 0.9");
  }
  if (!(o.fixed_threshold >= 0)) {
    return InvalidArgumentError("the fixed threshold must be >= 0");
  }
  const Objective& objective = o.objective;
  if (objective.min_accuracy && objective.max_mean_delay_s) {
    return InvalidArgumentError("objective: min_accuracy or max_mean_delay_s, not both");
  }
  if (objective.min_accuracy && !(*objective.min_accuracy >= 0 && *objective.min_accuracy <= 1)) {
    return InvalidArgumentError("objective: min_accuracy must be 0 to 1");
  }
  if (objective.max_mean_delay_s &&
      !(*objective.max_mean_delay_s > 0 && std::isfinite(*objective.max_mean_delay_s))) {
    return InvalidArgumentError("objective: max_mean_delay_s must be finite and > 0");
  }
  if (!(objective.accuracy_weight_s >= 0 && std::isfinite(objective.accuracy_weight_s))) {
    return InvalidArgumentError("objective: accuracy_weight_s must be finite and >= 0");
  }
  return OkStatus();
}

// The rows of `profile` that `rows` names.
std::shared_ptr<const ExitProfile> Rows(const ExitProfile& profile, std::span<const int> rows) {
  const auto pick = [&](std::span<const float> column) {
    std::vector<float> picked;
    if (column.empty()) return picked;
    for (const int row : rows) picked.push_back(column[static_cast<std::size_t>(row)]);
    return picked;
  };
  std::vector<std::vector<float>> confidence;
  std::vector<std::vector<float>> correct;
  for (int stage = 1; stage <= profile.stages(); ++stage) {
    confidence.push_back(pick(profile.confidence(stage)));
    correct.push_back(pick(profile.correct(stage)));
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

Problem WithProfile(const Problem& problem, std::shared_ptr<const ExitProfile> profile) {
  std::vector<ProblemNode> nodes;
  std::vector<ProblemLink> links;
  for (int n = 0; n < problem.node_count(); ++n) nodes.push_back(problem.node(n));
  for (int l = 0; l < problem.link_count(); ++l) links.push_back(problem.link(l));
  // Sealed before with another profile of the same stages: it fits.
  return Problem::Create(std::move(nodes), std::move(links), std::move(profile),
                         problem.accuracy_weight_s())
      .value();
}

class Planner {
 public:
  // `train` is what is planned on: `problem`, or some of its rows.
  Planner(const Problem& problem, const PlanOptions& options)
      : options_(options), objective_(options.objective), train_(problem) {
    plan_.policy = options.policy;
    plan_.accuracy_weight_s = objective_.accuracy_weight_s;
  }

  Result<Plan> Make() {
    if (objective_.steers() && Decides()) {
      const WeightSearch found = SearchWeight(train_, options_, best_);
      plan_.accuracy_weight_s = found.accuracy_weight_s;
    }
    train_.SetAccuracyWeight(plan_.accuracy_weight_s);
    if (options_.policy == Policy::kDtoEe) {
      RunFleet();
    } else if (options_.policy == Policy::kOptimum) {
      OFFRAMP_RETURN_IF_ERROR(RunReference());
    } else {
      RunBaseline();
    }
    plan_.strategy = best_.strategy;
    return std::move(plan_);
  }

 private:
  // Whether the policy sets thresholds, so that a weight makes a difference.
  bool Decides() const {
    return options_.policy == Policy::kDtoEe || options_.policy == Policy::kOptimum ||
           options_.policy == Policy::kGenetic;
  }

  // Keeps `strategy` if it is the best yet; says whether.
  bool Offer(Strategy strategy) {
    const Evaluation& e = evaluator_.Evaluate(train_, strategy);
    const Candidate candidate{.strategy = std::move(strategy),
                              .mean_delay_s = e.mean_delay_s,
                              .accuracy = e.accuracy,
                              .objective_s = e.objective_s};
    if (!best_.strategy.share.empty() && !IsBetter(objective_, candidate, best_)) return false;
    best_ = candidate;
    return true;
  }

  RoundsHooks Hooks() const { return {.progress = options_.progress, .stop = options_.stop}; }

  void NoteStopped() {
    plan_.stop = PlanStop::kStopped;
    plan_.message = "stopped: the best until then";
  }

  // The rounds of a fleet from the cold start, then restarts from other thresholds.
  void RunFleet() {
    if (!objective_.steers()) best_ = {};
    DtoEe fleet(train_, {.seed = options_.seed});
    const RoundsResult result =
        RunRounds(fleet, options_.rounds, objective_, best_, &plan_.history, Hooks());
    plan_.rounds = result.rounds;
    plan_.stop = result.converged ? PlanStop::kConverged : PlanStop::kRoundsSpent;
    plan_.message = result.converged ? "converged: nothing gets better by more than 0.001 % of the "
                                       "delay any more"
                                     : "all rounds spent";
    if (result.stopped) return NoteStopped();
    if (train_.total_rate_per_s() <= 0) {
      plan_.stop = PlanStop::kNothingToDo;
      plan_.message = "no tasks arrive";
      return;
    }
    bool exits = false;
    for (int stage = 1; stage < train_.stages(); ++stage) exits = exits || train_.has_exit(stage);
    if (!exits || options_.rounds == 0 || IsLarge(train_)) return;
    Random random(options_.seed ^ 0x9e3779b97f4a7c15U);
    for (int restart = 1; restart <= options_.restarts; ++restart) {
      const Strategy even = RestartFrom(restart, random);
      // From the best shares yet and from even ones: thresholds descend on different ways, and
      // which of them ends lower is not known before.
      Strategy best = best_.strategy;
      best.threshold = even.threshold;
      for (const Strategy& start : {even, best}) {
        const Candidate before = best_;
        DtoEe other(train_, {.seed = options_.seed + static_cast<std::uint64_t>(restart)});
        other.Start(start);
        const RoundsResult again = RunRounds(other, std::min(options_.rounds, kRestartRounds),
                                             objective_, best_, nullptr, {.stop = options_.stop});
        if (IsBetter(objective_, best_, before)) plan_.restart = restart;
        if (again.stopped) return NoteStopped();
      }
    }
  }

  // Even shares with other thresholds, equal within each stage. From high ones, where going on is
  // common and congested, they descend together and most often end best.
  Strategy RestartFrom(int restart, Random& random) {
    constexpr double kHigh = 0.95;
    Strategy strategy = UniformStrategy(train_, kHigh);
    const std::vector<double> tuned =
        restart == 2 ? TuneThresholds(train_).by_stage : std::vector<double>();
    for (int stage = 1; stage < train_.stages(); ++stage) {
      const double threshold = restart == 1   ? kHigh
                               : restart == 2 ? tuned[static_cast<std::size_t>(stage - 1)]
                                              : 0.3 + 0.7 * random.Uniform();
      SetStageThreshold(train_, stage, threshold, strategy);
    }
    return strategy;
  }

  Status RunReference() {
    ReferenceOptions reference;
    reference.seed = options_.seed;
    reference.own_starts = options_.restarts;
    reference.alternations = 4;
    // A fleet's own end is a good start, too.
    DtoEe fleet(train_, {.seed = options_.seed});
    Candidate end;
    RunRounds(fleet, options_.rounds, {}, end, nullptr, Hooks());
    reference.starts = {end.strategy};
    reference.stop = options_.stop;
    OFFRAMP_ASSIGN_OR_RETURN(Reference found, SolveReference(train_, reference));
    plan_.restart = found.start;
    Offer(std::move(found.strategy));
    NoRounds();
    if (options_.stop && options_.stop()) NoteStopped();
    return OkStatus();
  }

  void RunBaseline() {
    BaselineInput input{.problem = train_, .threshold = FixedThresholds(), .seed = options_.seed};
    Offer(MakeBaseline(options_.policy, input));
    NoRounds();
  }

  void NoRounds() {
    plan_.stop = PlanStop::kNothingToDo;
    plan_.message = "planned in one go";
    plan_.history = {{.round = 0,
                      .mean_delay_s = best_.mean_delay_s,
                      .accuracy = best_.accuracy,
                      .objective_s = best_.objective_s}};
  }

  std::vector<double> FixedThresholds() const {
    Strategy strategy = UniformStrategy(train_, options_.fixed_threshold);
    if (options_.tuned) {
      const TunedThresholds tuned = TuneThresholds(train_);
      for (int stage = 1; stage <= train_.stages(); ++stage) {
        SetStageThreshold(train_, stage, tuned.by_stage[static_cast<std::size_t>(stage - 1)],
                          strategy);
      }
    }
    return strategy.threshold;
  }

  const PlanOptions& options_;
  const Objective& objective_;
  Problem train_;
  Evaluator evaluator_;
  Candidate best_;
  Plan plan_;
};

// What cannot be had, in words.
void JudgeObjective(const Objective& objective, Plan& plan) {
  plan.objective_met = Meets(objective, plan.predicted.accuracy, plan.predicted.mean_delay_s);
  if (plan.objective_met) return;
  if (plan.stop == PlanStop::kStopped) {
    plan.message = "stopped before a plan met the objective; the nearest until then";
    return;
  }
  if (objective.min_accuracy) {
    plan.message = "accuracy " + std::to_string(*objective.min_accuracy) +
                   " cannot be reached; the nearest found, " +
                   std::to_string(plan.predicted.accuracy) + ", is planned";
  } else {
    plan.message = "mean delay " + std::to_string(*objective.max_mean_delay_s) +
                   " s cannot be reached; the nearest found, " +
                   std::to_string(plan.predicted.mean_delay_s) + " s, is planned";
  }
}

}  // namespace

Result<Plan> MakePlan(const Problem& problem, const PlanOptions& options) {
  OFFRAMP_RETURN_IF_ERROR(Check(options));
  Problem whole = problem;
  std::optional<Problem> unseen;
  std::optional<Problem> train;
  if (options.held_out > 0) {
    if (!problem.profile() || problem.rows() < 2) {
      return InvalidArgumentError("held-out rows need an exit profile with at least two rows");
    }
    std::vector<int> rows(problem.rows());
    std::iota(rows.begin(), rows.end(), 0);
    Random random(options.seed);
    for (std::size_t i = rows.size() - 1; i > 0; --i) {
      std::swap(rows[i], rows[static_cast<std::size_t>(random.Below(i + 1))]);
    }
    const auto kept_apart = std::clamp<std::size_t>(
        static_cast<std::size_t>(options.held_out * static_cast<double>(rows.size())), 1,
        rows.size() - 1);
    const std::span<const int> all(rows);
    unseen = WithProfile(problem, Rows(*problem.profile(), all.first(kept_apart)));
    train = WithProfile(problem, Rows(*problem.profile(), all.subspan(kept_apart)));
  }
  OFFRAMP_ASSIGN_OR_RETURN(Plan plan, Planner(train ? *train : whole, options).Make());

  whole.SetAccuracyWeight(plan.accuracy_weight_s);
  plan.predicted = Evaluator().Evaluate(whole, plan.strategy);
  if (unseen) {
    unseen->SetAccuracyWeight(plan.accuracy_weight_s);
    plan.held_out = Evaluator().Evaluate(*unseen, plan.strategy);
  }
  JudgeObjective(options.objective, plan);
  if (plan.predicted.max_utilization >= 1 && plan.objective_met) {
    plan.message += "; overloaded: some queue grows without bound";
  }
  if (options.certificate && plan.stop != PlanStop::kStopped) {
    plan.certificate = Certify(whole, plan.strategy);
  }
  return plan;
}

}  // namespace offramp
