#include <cmath>

#include "offramp/base/text.h"
#include "offramp/cli/reproduce/study.h"
#include "offramp/cli/simulate/run_jobs.h"

namespace offramp {
namespace {

constexpr double kNominalLoad = 0.7;

// One column of an experiment: how its scenario differs.
struct Point {
  double x = 0;
  PaperOptions paper;
};

Figures FiguresOf(const std::vector<double>& delay_s, const std::vector<double>& accuracy,
                  const std::vector<double>& objective_s) {
  return {OverSeeds(delay_s), OverSeeds(accuracy), OverSeeds(objective_s)};
}

struct Runs {
  std::vector<Scenario> scenarios;  // by point and seed
  JobResults results;               // by point, seed and arm
};

Result<Runs> RunPoints(const StudyOptions& options, const std::string& title,
                       const std::vector<Point>& points, const std::vector<Arm>& arms,
                       const std::function<void(Scenario&)>& change) {
  Runs runs;
  for (const Point& point : points) {
    for (int seed = 1; seed <= options.seeds; ++seed) {
      PaperOptions paper = point.paper;
      paper.seed = static_cast<std::uint64_t>(seed);
      OFFRAMP_ASSIGN_OR_RETURN(Scenario scenario,
                               PaperScenario(options.model, options.profile, paper));
      if (change) change(scenario);
      runs.scenarios.push_back(std::move(scenario));
    }
  }
  std::vector<SimulationJob> jobs;
  for (std::size_t i = 0; i < runs.scenarios.size(); ++i) {
    for (const Arm& arm : arms) {
      SimulateOptions each;
      each.policy = arm.policy;
      each.thresholds = arm.thresholds;
      each.seconds = options.seconds;
      each.seed = 1 + i % static_cast<std::size_t>(options.seeds);
      jobs.push_back({&runs.scenarios[i], each});
    }
  }
  const auto progress = [&](double share) {
    if (options.progress) options.progress(title, share);
  };
  OFFRAMP_ASSIGN_OR_RETURN(runs.results, RunJobs(jobs, options.threads, progress, options.stop));
  for (const auto& result : runs.results) {
    if (!result || result->interrupted) return CancelledError("interrupted");
  }
  return runs;
}

Result<Experiment> Vary(const StudyOptions& options, Experiment experiment,
                        const std::vector<Point>& points, const std::vector<Arm>& arms) {
  OFFRAMP_ASSIGN_OR_RETURN(const Runs runs,
                           RunPoints(options, experiment.title, points, arms, nullptr));
  const auto seeds = static_cast<std::size_t>(options.seeds);
  for (const Point& point : points) experiment.x.push_back(point.x);
  for (std::size_t arm = 0; arm < arms.size(); ++arm) {
    Curve curve{arms[arm].name, {}};
    for (std::size_t point = 0; point < points.size(); ++point) {
      std::vector<double> delay_s;
      std::vector<double> accuracy;
      std::vector<double> objective_s;
      for (std::size_t seed = 0; seed < seeds; ++seed) {
        const std::size_t run = point * seeds + seed;
        const SimulationResult& result = *runs.results[run * arms.size() + arm];
        const double weight = runs.scenarios[run].objective.accuracy_weight_s;
        delay_s.push_back(result.mean_delay_s);
        accuracy.push_back(result.accuracy);
        objective_s.push_back(result.mean_delay_s - weight * result.accuracy);
      }
      curve.points.push_back(FiguresOf(delay_s, accuracy, objective_s));
    }
    experiment.curves.push_back(std::move(curve));
  }
  return experiment;
}

// A surge of all devices, then the fastest node of the second stage in a slow mode, then the links
// out of the first stage at a third of their rate.
void AddChanges(double seconds, Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
    scenario.changes.push_back(
        {0.25 * seconds,
         DeviceRateChange{static_cast<int>(i), 1.25 * scenario.devices[i].tasks_per_s}});
  }
  int fastest = -1;
  for (std::size_t i = 0; i < scenario.nodes.size(); ++i) {
    if (scenario.nodes[i].stage != 2) continue;
    if (fastest < 0 || scenario.nodes[i].gflops_per_s >
                           scenario.nodes[static_cast<std::size_t>(fastest)].gflops_per_s) {
      fastest = static_cast<int>(i);
    }
  }
  for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
    scenario.changes.push_back(
        {0.5 * seconds, DeviceRateChange{static_cast<int>(i), scenario.devices[i].tasks_per_s}});
  }
  const auto node = static_cast<std::size_t>(fastest);
  scenario.changes.push_back(
      {0.5 * seconds, NodeSpeedChange{static_cast<int>(scenario.devices.size() + node),
                                      0.5 * scenario.nodes[node].gflops_per_s}});
  for (std::size_t i = 0; i < scenario.links.size(); ++i) {
    if (scenario.part_stage(scenario.links[i].from) != 1) continue;
    scenario.changes.push_back(
        {0.75 * seconds, LinkRateChange{static_cast<int>(i), scenario.links[i].mbit_per_s / 3}});
  }
}

// Means of the series over a window; NaN where nothing arrived.
double WindowMean(const SimulationSeries& series, const std::vector<double>& values, double from,
                  double to) {
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < series.t_s.size(); ++i) {
    if (series.t_s[i] < from || series.t_s[i] >= to || !std::isfinite(values[i])) continue;
    sum += values[i];
    ++count;
  }
  return sum / count;
}

}  // namespace

std::vector<Arm> StudyArms(bool quick) {
  std::vector<Arm> arms = {{"dto-ee", Policy::kDtoEe, {}, false}};
  const auto add = [&arms, quick](Policy policy, bool papers) {
    const std::string name(PolicyName(policy));
    if (!quick || policy == Policy::kNash) {
      arms.push_back({name + ", 0.8", policy, {.fixed = 0.8}, papers});
    }
    arms.push_back({name + ", tuned", policy, {.tuned = true}, papers});
  };
  add(Policy::kComputingFirst, true);
  if (!quick) add(Policy::kBandwidthFirst, true);
  add(Policy::kNash, true);
  // It evolves its thresholds itself.
  if (!quick) arms.push_back({"genetic", Policy::kGenetic, {}, true});
  add(Policy::kWeightedLeastOutstanding, false);
  add(Policy::kPeakEwma, false);
  return arms;
}

Result<Experiment> OverRate(const StudyOptions& options) {
  std::vector<Point> points;
  const std::vector<double> loads =
      options.quick ? std::vector<double>{0.5, 0.7} : std::vector<double>{0.3, 0.5, 0.7, 0.8, 0.9};
  for (const double load : loads) points.push_back({load, {.load = load}});
  return Vary(options,
              {.title = "Arrival rate",
               .text = "The load is the utilisation that the scarcest stage as a whole would have "
                       "with thresholds of 0.8.",
               .axis = "load"},
              points, StudyArms(options.quick));
}

Result<Experiment> OverHeterogeneity(const StudyOptions& options) {
  std::vector<Point> points;
  const std::vector<double> ratios =
      options.quick ? std::vector<double>{1, 8} : std::vector<double>{1, 2, 4, 8, 16};
  for (const double ratio : ratios) {
    points.push_back({ratio, {.load = kNominalLoad, .heterogeneity = ratio}});
  }
  return Vary(
      options,
      {.title = "Heterogeneity",
       .text = "Fastest over slowest node of every stage; the capacity of each stage stays.",
       .axis = "ratio"},
      points, StudyArms(options.quick));
}

Result<Experiment> OverWeight(const StudyOptions& options) {
  std::vector<Point> points;
  const std::vector<double> weights =
      options.quick ? std::vector<double>{2, 32} : std::vector<double>{1, 2, 4, 8, 16, 32};
  for (const double weight : weights) {
    points.push_back({weight, {.load = kNominalLoad, .weight = weight}});
  }
  std::vector<Arm> arms = StudyArms(true);
  std::erase_if(arms, [](const Arm& arm) { return arm.name == "nash, 0.8"; });
  return Vary(options,
              {.title = "Accuracy weight",
               .text = "The trade-off curve: the weight in times that an unhindered task needs.",
               .axis = "weight"},
              points, arms);
}

Result<Experiment> OverTime(const StudyOptions& options) {
  const std::vector<Arm> arms = StudyArms(options.quick);
  Experiment experiment{
      .title = "Over time",
      .text =
          "After a quarter of the time all devices send a quarter more; after half they send as "
          "before, and the fastest node of stage 2 falls to half its speed; after three "
          "quarters the links out of stage 1 fall to a third of their rate. Each column is an "
          "eighth of the time, by arrival, and named by its end in seconds.",
      .axis = "until s"};
  constexpr int kWindows = 8;
  const double seconds = options.seconds;
  OFFRAMP_ASSIGN_OR_RETURN(const Runs runs,
                           RunPoints(options, experiment.title, {{0, {.load = 0.65}}}, arms,
                                     [seconds](Scenario& s) { AddChanges(seconds, s); }));
  // The first window is the warm-up.
  for (int w = 1; w < kWindows; ++w) experiment.x.push_back(seconds * (w + 1) / kWindows);
  for (std::size_t arm = 0; arm < arms.size(); ++arm) {
    Curve curve{arms[arm].name, {}};
    for (int w = 1; w < kWindows; ++w) {
      std::vector<double> delay_s;
      std::vector<double> accuracy;
      std::vector<double> objective_s;
      for (std::size_t seed = 0; seed < runs.scenarios.size(); ++seed) {
        const SimulationSeries& series = runs.results[seed * arms.size() + arm]->series;
        const double from = seconds * w / kWindows;
        const double to = seconds * (w + 1) / kWindows;
        delay_s.push_back(WindowMean(series, series.delay_s, from, to));
        accuracy.push_back(WindowMean(series, series.accuracy, from, to));
        objective_s.push_back(delay_s.back() -
                              runs.scenarios[seed].objective.accuracy_weight_s * accuracy.back());
      }
      curve.points.push_back(FiguresOf(delay_s, accuracy, objective_s));
    }
    experiment.curves.push_back(std::move(curve));
  }
  return experiment;
}

}  // namespace offramp
