#include "offramp/cli/reproduce/equal_accuracy.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "offramp/cli/reproduce/threshold_curve.h"
#include "offramp/optimize/plan.h"
#include "offramp/simulate/draws.h"
#include "offramp/simulate/start_strategy.h"

namespace offramp {
namespace {

constexpr int kMostSteps = 6;  // of factors of two, to find genetic's weights

Result<Plan> GeneticPlan(const Problem& problem, double weight_s) {
  PlanOptions options;
  options.policy = Policy::kGenetic;
  options.objective.accuracy_weight_s = weight_s;
  options.certificate = false;
  return MakePlan(problem, options);
}

Result<EqualSettings> GeneticAt(const Problem& problem, double accuracy) {
  double weight_s = problem.accuracy_weight_s();
  OFFRAMP_ASSIGN_OR_RETURN(Plan first, GeneticPlan(problem, weight_s));
  const bool rise = first.predicted.accuracy < accuracy;
  EqualSettings settings;
  settings.below.start = settings.above.start = first.strategy;
  settings.reached = !rise;
  for (int step = 0; step < kMostSteps; ++step) {
    weight_s *= rise ? 2 : 0.5;
    OFFRAMP_ASSIGN_OR_RETURN(Plan plan, GeneticPlan(problem, weight_s));
    const bool beyond = rise == (plan.predicted.accuracy >= accuracy);
    (rise ? settings.above : settings.below).start = plan.strategy;
    if (beyond) {
      settings.reached = true;
      break;
    }
    (rise ? settings.below : settings.above).start = plan.strategy;
  }
  return settings;
}

// A baseline as it starts with these thresholds.
Result<Strategy> StartAt(const Scenario& scenario, const Problem& problem, Policy policy,
                         const std::vector<double>& by_stage) {
  SimulateOptions options;
  options.policy = policy;
  options.thresholds.by_stage = by_stage;
  OFFRAMP_ASSIGN_OR_RETURN(StartStrategy start, ChooseStart(scenario, problem, options));
  return std::move(start.strategy);
}

// How often each row of the profile was drawn for the tasks that count.
std::vector<double> RowsDrawn(const ExitProfile& profile, const SimulationResult& run) {
  const Draws draws(run.seed);
  std::vector<double> count(profile.rows(), 0.0);
  for (std::int64_t task = run.before; task < run.before + run.generated; ++task) {
    ++count[draws.Below(profile.rows(), DrawStream::kRow, static_cast<std::uint64_t>(task))];
  }
  return count;
}

}  // namespace

Result<std::vector<EqualSettings>> SettingsAt(const Scenario& scenario,
                                              const std::vector<Arm>& baselines,
                                              const SimulationResult& ours) {
  OFFRAMP_ASSIGN_OR_RETURN(const Problem problem, ProblemOf(scenario));
  const std::vector<ThresholdPoint> curve = ThresholdCurve(problem);
  const std::vector<double> accuracy =
      SampleAccuracies(*scenario.profile, curve, RowsDrawn(*scenario.profile, ours));
  const CurveBracket bracket = BracketOf(accuracy, ours.accuracy);
  // What the sample adds to any accuracy that the profile predicts.
  const double luck = accuracy[bracket.above] - curve[bracket.above].accuracy;
  std::vector<EqualSettings> all;
  for (const Arm& baseline : baselines) {
    EqualSettings settings;
    if (baseline.policy == Policy::kGenetic) {
      OFFRAMP_ASSIGN_OR_RETURN(settings, GeneticAt(problem, ours.accuracy - luck));
    } else {
      const std::vector<double>& above = curve[bracket.above].by_stage;
      OFFRAMP_ASSIGN_OR_RETURN(settings.above.start,
                               StartAt(scenario, problem, baseline.policy, above));
      // Neighbours on the curve: the shares of one do for both, and nash's take their time.
      settings.below.start = settings.above.start;
      for (int h = 1; h < problem.stages(); ++h) {
        SetStageThreshold(problem, h,
                          curve[bracket.below].by_stage[static_cast<std::size_t>(h - 1)],
                          *settings.below.start);
      }
      settings.along = bracket.along;
      settings.reached = bracket.reached;
    }
    settings.below.policy = settings.above.policy = baseline.policy;
    all.push_back(std::move(settings));
  }
  return all;
}

void ParallelFor(std::size_t count, int threads, const std::function<bool()>& stop,
                 const std::function<void(std::size_t index)>& run) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t index = next++; index < count; index = next++) {
      if (stop && stop()) return;
      run(index);
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
}

}  // namespace offramp
