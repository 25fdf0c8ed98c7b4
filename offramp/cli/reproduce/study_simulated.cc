#include "offramp/cli/reproduce/study_runs.h"

namespace offramp {
namespace {

constexpr double kNominalLoad = 0.7;

// One column of an experiment: how its scenario differs.
struct Point {
  double x = 0;
  PaperOptions paper;
};

Result<Experiment> Vary(const StudyOptions& options, Experiment experiment,
                        const std::vector<Point>& points) {
  std::vector<Scenario> scenarios;
  for (const Point& point : points) {
    for (int seed = 1; seed <= options.seeds; ++seed) {
      PaperOptions paper = point.paper;
      paper.seed = static_cast<std::uint64_t>(seed);
      OFFRAMP_ASSIGN_OR_RETURN(Scenario scenario,
                               PaperScenario(options.model, options.profile, paper));
      scenarios.push_back(std::move(scenario));
    }
  }
  OFFRAMP_ASSIGN_OR_RETURN(
      const StudyRuns runs,
      RunStudyArms(options, experiment.title, std::move(scenarios), StudyArms(options.quick)));
  for (std::size_t point = 0; point < runs.points(); ++point) {
    experiment.x.push_back(points[point].x);
    AddColumn(runs, point, WholeRun, experiment);
  }
  return experiment;
}

}  // namespace

std::vector<Arm> StudyArms(bool quick) {
  std::vector<Arm> arms = {{.name = "dto-ee", .policy = Policy::kDtoEe}};
  const auto add = [&arms, quick](Policy policy, bool papers) {
    const std::string name(PolicyName(policy));
    // Planning nash takes longer than all else of a look.
    if (!quick || policy != Policy::kNash) {
      arms.push_back({.name = name + ", 0.8",
                      .policy = policy,
                      .thresholds = {.fixed = 0.8},
                      .rule = {},
                      .papers = papers});
    }
    arms.push_back({.name = name + ", tuned",
                    .policy = policy,
                    .thresholds = {.tuned = true},
                    .rule = {},
                    .papers = papers});
  };
  add(Policy::kComputingFirst, true);
  if (!quick) add(Policy::kBandwidthFirst, true);
  add(Policy::kNash, true);
  // It evolves its thresholds itself.
  if (!quick) {
    arms.push_back({.name = "genetic",
                    .policy = Policy::kGenetic,
                    .thresholds = {},
                    .rule = {},
                    .papers = true});
  }
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
              {.title = kRateTitle,
               .text = "The load is the utilisation that the scarcest stage as a whole would have "
                       "with thresholds of 0.8.",
               .axis = "load"},
              points);
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
      points);
}

Result<Experiment> OverWeight(const StudyOptions& options) {
  std::vector<Point> points;
  const std::vector<double> weights =
      options.quick ? std::vector<double>{2, 32} : std::vector<double>{1, 2, 4, 8, 16, 32};
  for (const double weight : weights) {
    points.push_back({weight, {.load = kNominalLoad, .weight = weight}});
  }
  return Vary(options,
              {.title = "Accuracy weight",
               .text = "The trade-off curve: the weight in times that an unhindered task needs. "
                       "Tuned thresholds are tuned for it, too.",
               .axis = "weight"},
              points);
}

}  // namespace offramp
