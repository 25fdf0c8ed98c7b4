#include "offramp/cli/reproduce/study_runs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "offramp/cli/reproduce/equal_accuracy.h"

namespace offramp {
namespace {

constexpr double kLeastGap = 1e-4;  // in accuracy, below which two runs have the same
constexpr double kEqualPart = 0.3;  // of the progress

bool Stopped(const StudyOptions& options) { return options.stop && options.stop(); }

// One of each baseline, whatever its thresholds.
std::vector<Arm> BaselinesOf(const std::vector<Arm>& arms) {
  std::vector<Arm> baselines;
  for (const Arm& arm : arms) {
    const auto same = [&arm](const Arm& other) { return other.policy == arm.policy; };
    if (arm.policy == Policy::kDtoEe || std::any_of(baselines.begin(), baselines.end(), same)) {
      continue;
    }
    baselines.push_back(arm);
    baselines.back().name = std::string(PolicyName(arm.policy));
  }
  return baselines;
}

Status RunEqual(const StudyOptions& options, const std::function<void(double)>& progress,
                StudyRuns& runs) {
  const std::size_t count = runs.scenarios.size();
  std::vector<std::vector<EqualSettings>> settings(count);
  std::vector<Status> status(count);
  ParallelFor(count, options.threads, options.stop, [&](std::size_t i) {
    auto found = SettingsAt(runs.scenarios[i], runs.baselines, runs.results[i * runs.arms.size()]);
    if (!found.ok()) {
      status[i] = found.status();
    } else {
      settings[i] = *std::move(found);
    }
  });
  std::vector<SimulationJob> jobs;
  for (std::size_t i = 0; i < count; ++i) {
    OFFRAMP_RETURN_IF_ERROR(status[i]);
    for (EqualSettings& each : settings[i]) {
      for (SimulateOptions* run : {&each.below, &each.above}) {
        run->seconds = options.seconds;
        run->seed = 1 + i % static_cast<std::size_t>(runs.seeds);
        jobs.push_back({&runs.scenarios[i], *run});
      }
    }
  }
  if (Stopped(options)) return OkStatus();
  OFFRAMP_ASSIGN_OR_RETURN(JobResults results,
                           RunJobs(jobs, options.threads, progress, options.stop));
  if (Stopped(options)) return OkStatus();
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double ours = runs.results[i * runs.arms.size()].accuracy;
    for (const EqualSettings& each : settings[i]) {
      EqualRun run{.below = *std::move(results[next]), .above = *std::move(results[next + 1])};
      next += 2;
      const double gap = run.above.accuracy - run.below.accuracy;
      const double seen =
          gap > kLeastGap ? std::clamp((ours - run.below.accuracy) / gap, -0.5, 1.5) : 0.5;
      run.along = each.along.value_or(seen);
      run.reached = each.reached;
      runs.equal.push_back(std::move(run));
    }
  }
  return OkStatus();
}

}  // namespace

Result<StudyRuns> RunStudyArms(const StudyOptions& options, const std::string& title,
                               std::vector<Scenario> scenarios, const std::vector<Arm>& arms) {
  StudyRuns runs{.arms = arms,
                 .baselines = BaselinesOf(arms),
                 .seeds = options.seeds,
                 .scenarios = std::move(scenarios),
                 .results = {},
                 .equal = {}};
  const auto seeds = static_cast<std::size_t>(options.seeds);
  std::vector<SimulationJob> jobs;
  for (std::size_t i = 0; i < runs.scenarios.size(); ++i) {
    for (const Arm& arm : arms) {
      SimulateOptions each;
      each.policy = arm.policy;
      each.thresholds = arm.thresholds;
      each.rule = arm.rule;
      each.seconds = options.seconds;
      each.seed = 1 + i % seeds;
      jobs.push_back({&runs.scenarios[i], each});
    }
  }
  const auto progress = [&](double from, double share) {
    if (options.progress)
      options.progress(title, from + (from > 0 ? kEqualPart : 1 - kEqualPart) * share);
  };
  OFFRAMP_ASSIGN_OR_RETURN(
      JobResults results,
      RunJobs(
          jobs, options.threads, [&](double share) { progress(0, share); }, options.stop));
  for (auto& result : results) {
    if (!result || result->interrupted) break;
    runs.results.push_back(*std::move(result));
  }
  const std::size_t points = runs.results.size() / (seeds * arms.size());
  runs.results.resize(points * seeds * arms.size());
  if (Stopped(options)) {
    runs.scenarios.resize(points * seeds);
    return runs;
  }
  OFFRAMP_RETURN_IF_ERROR(RunEqual(
      options, [&](double share) { progress(1 - kEqualPart, share); }, runs));
  return runs;
}

int FastestNode(const Scenario& scenario, int stage) {
  int fastest = -1;
  for (std::size_t i = 0; i < scenario.nodes.size(); ++i) {
    if (scenario.nodes[i].stage != stage) continue;
    if (fastest < 0 || scenario.nodes[i].gflops_per_s >
                           scenario.nodes[static_cast<std::size_t>(fastest)].gflops_per_s) {
      fastest = static_cast<int>(i);
    }
  }
  return fastest;
}

Outcome WholeRun(const SimulationResult& result) { return {result.mean_delay_s, result.accuracy}; }

std::vector<Figures> FiguresOf(const ColumnValues& values) {
  std::vector<Figures> column;
  for (const std::vector<Outcome>& outcomes : values.by_curve) {
    std::vector<double> delay_s, accuracy, objective_s, above_s, lower, higher;
    for (std::size_t seed = 0; seed < outcomes.size(); ++seed) {
      const Outcome& ours = values.by_curve.front()[seed];
      const Outcome& is = outcomes[seed];
      const double weight_s = values.weight_s[seed];
      delay_s.push_back(is.delay_s);
      accuracy.push_back(is.accuracy);
      objective_s.push_back(is.delay_s - weight_s * is.accuracy);
      above_s.push_back(objective_s.back() - (ours.delay_s - weight_s * ours.accuracy));
      lower.push_back(1 - ours.delay_s / is.delay_s);
      higher.push_back(ours.accuracy - is.accuracy);
    }
    column.push_back({OverSeeds(delay_s), OverSeeds(accuracy), OverSeeds(objective_s),
                      OverSeeds(above_s), OverSeeds(lower), OverSeeds(higher)});
  }
  return column;
}

void AddColumn(const StudyRuns& runs, std::size_t point, const OutcomeOf& outcome,
               Experiment& experiment) {
  const auto seeds = static_cast<std::size_t>(runs.seeds);
  const std::size_t first = point * seeds;
  ColumnValues values{.by_curve = std::vector<std::vector<Outcome>>(runs.arms.size()),
                      .weight_s = {}};
  for (std::size_t i = first; i < first + seeds; ++i) {
    values.weight_s.push_back(runs.scenarios[i].objective.accuracy_weight_s);
    for (std::size_t arm = 0; arm < runs.arms.size(); ++arm) {
      values.by_curve[arm].push_back(outcome(runs.results[i * runs.arms.size() + arm]));
    }
  }
  const std::vector<Figures> column = FiguresOf(values);
  if (experiment.curves.empty()) {
    for (const Arm& arm : runs.arms) experiment.curves.push_back({arm.name, arm.papers, {}});
    if (!runs.equal.empty()) {
      for (const Arm& arm : runs.baselines) experiment.equal.push_back({arm.name, arm.papers, {}});
    }
  }
  for (std::size_t arm = 0; arm < column.size(); ++arm) {
    experiment.curves[arm].points.push_back(column[arm]);
  }
  for (std::size_t b = 0; b < experiment.equal.size(); ++b) {
    std::vector<double> delay_s, lower;
    for (std::size_t i = first; i < first + seeds; ++i) {
      const EqualRun& run = runs.equal[i * runs.baselines.size() + b];
      if (!run.reached) continue;
      const double below_s = outcome(run.below).delay_s;
      delay_s.push_back(below_s + run.along * (outcome(run.above).delay_s - below_s));
      lower.push_back(1 - values.by_curve[0][i - first].delay_s / delay_s.back());
    }
    experiment.equal[b].points.push_back(
        {OverSeeds(delay_s), OverSeeds(lower), static_cast<int>(delay_s.size()), runs.seeds});
  }
}

}  // namespace offramp
