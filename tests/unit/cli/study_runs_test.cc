// The simulations behind the experiments: baselines meet DTO-EE at its own accuracy.
#include "offramp/cli/reproduce/study_runs.h"

#include <atomic>
#include <cmath>

#include <gtest/gtest.h>

#include "offramp/cli/reproduce/threshold_curve.h"
#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/optimize/generate_scenario.h"

namespace offramp {
namespace {

Scenario SmallScenario(std::uint64_t seed = 5) {
  return GenerateScenario({.seed = seed,
                           .devices = 6,
                           .nodes = 7,
                           .stages = 3,
                           .exits = 2,
                           .rows = 300,
                           .task_rate_per_s = 8})
      .value();
}

TEST(ThresholdCurveTest, NoSettingIsBeatenAndNoneIsLost) {
  const Scenario scenario = SmallScenario();
  const Problem problem = ProblemOf(scenario).value();
  const std::vector<ThresholdPoint> curve = ThresholdCurve(problem);
  ASSERT_GT(curve.size(), 5U);
  for (std::size_t i = 1; i < curve.size(); ++i) {
    EXPECT_GT(curve[i].accuracy, curve[i - 1].accuracy);
    EXPECT_GE(curve[i].mean_delay_s, curve[i - 1].mean_delay_s);
  }
  // Each is what the evaluator says.
  for (const std::size_t i : {std::size_t{0}, curve.size() / 2, curve.size() - 1}) {
    Strategy same = CapacityStrategy(problem, kNeverExit);
    for (int h = 1; h < problem.stages(); ++h) {
      SetStageThreshold(problem, h, curve[i].by_stage[static_cast<std::size_t>(h - 1)], same);
    }
    const Evaluation exact = Evaluator().Evaluate(problem, same);
    EXPECT_NEAR(curve[i].mean_delay_s, exact.mean_delay_s, 1e-5 * exact.mean_delay_s);
    EXPECT_NEAR(curve[i].accuracy, exact.accuracy, 1e-5);
  }
  // Any setting of the grid is met or beaten by a point.
  Strategy strategy = CapacityStrategy(problem, 0.8);
  SetStageThreshold(problem, 1, 0.5, strategy);
  const Evaluation any = Evaluator().Evaluate(problem, strategy);
  bool met = false;
  for (const ThresholdPoint& point : curve) {
    met |= point.accuracy >= any.accuracy - 1e-6 && point.mean_delay_s <= any.mean_delay_s + 1e-6;
  }
  EXPECT_TRUE(met);
}

TEST(ThresholdCurveTest, OnTheWholeProfileTheSampleIsTheProfile) {
  const Scenario scenario = SmallScenario();
  const std::vector<ThresholdPoint> curve = ThresholdCurve(ProblemOf(scenario).value());
  const std::vector<double> all(scenario.profile->rows(), 3.0);
  const std::vector<double> accuracy = SampleAccuracies(*scenario.profile, curve, all);
  ASSERT_EQ(accuracy.size(), curve.size());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    EXPECT_NEAR(accuracy[i], curve[i].accuracy, 1e-6);
  }
  // A sample of one row says little, but the curve stays one.
  std::vector<double> one(scenario.profile->rows(), 0.0);
  one[7] = 1;
  const std::vector<double> poor = SampleAccuracies(*scenario.profile, curve, one);
  for (std::size_t i = 1; i < poor.size(); ++i) EXPECT_GE(poor[i], poor[i - 1]);
}

TEST(ThresholdCurveTest, BracketsAndTheirEnds) {
  const std::vector<double> accuracy = {0.5, 0.7, 0.7, 0.9};
  const CurveBracket inside = BracketOf(accuracy, 0.75);
  EXPECT_EQ(inside.below, 2U);
  EXPECT_EQ(inside.above, 3U);
  EXPECT_NEAR(inside.along, 0.25, 1e-12);
  EXPECT_EQ(BracketOf(accuracy, 0.2).above, 0U);
  EXPECT_TRUE(BracketOf(accuracy, 0.2).reached);
  EXPECT_FALSE(BracketOf(accuracy, 0.95).reached);
  EXPECT_EQ(BracketOf(accuracy, 0.95).below, 3U);
  EXPECT_NEAR(BracketOf(accuracy, 0.7).along, 1, 1e-12);
}

StudyOptions SmallStudy() {
  StudyOptions options;
  options.seeds = 2;
  options.seconds = 40;
  options.quick = true;
  options.threads = 2;
  return options;
}

std::vector<Arm> SmallArms() {
  return {{.name = "dto-ee", .policy = Policy::kDtoEe},
          {.name = "nash, 0.8", .policy = Policy::kNash, .thresholds = {.fixed = 0.8}},
          {.name = "nash, tuned", .policy = Policy::kNash, .thresholds = {.tuned = true}},
          {.name = "genetic", .policy = Policy::kGenetic},
          {.name = "peak-ewma, tuned", .policy = Policy::kPeakEwma, .thresholds = {.tuned = true}}};
}

TEST(StudyRunsTest, BaselinesMeetAtEqualAccuracy) {
  const StudyRuns runs =
      RunStudyArms(SmallStudy(), "t", {SmallScenario(5), SmallScenario(6)}, SmallArms()).value();
  ASSERT_EQ(runs.points(), 1U);
  ASSERT_EQ(runs.baselines.size(), 3U);  // each once
  ASSERT_EQ(runs.equal.size(), 6U);
  for (std::size_t i = 0; i < runs.equal.size(); ++i) {
    const EqualRun& run = runs.equal[i];
    if (!run.reached) continue;
    const double ours = runs.results[i / 3 * runs.arms.size()].accuracy;
    const double at = run.below.accuracy + run.along * (run.above.accuracy - run.below.accuracy);
    EXPECT_NEAR(at, ours, 0.015) << runs.baselines[i % 3].name;
  }
  Experiment experiment;
  AddColumn(runs, 0, WholeRun, experiment);
  ASSERT_EQ(experiment.curves.size(), 5U);
  ASSERT_EQ(experiment.equal.size(), 3U);
  EXPECT_EQ(experiment.curves[0].points[0].objective_above_s.mean, 0);
  EXPECT_EQ(experiment.curves[0].points[0].delay_lower.half_width, 0);
  EXPECT_GT(experiment.curves[1].points[0].delay_s.half_width, 0);
  EXPECT_EQ(experiment.equal[0].points[0].of, 2);
}

TEST(StudyRunsTest, ThreadsDoNotMatter) {
  StudyOptions options = SmallStudy();
  options.seeds = 1;
  options.seconds = 10;
  const auto delay = [&](int threads) {
    options.threads = threads;
    const StudyRuns runs = RunStudyArms(options, "t", {SmallScenario()}, SmallArms()).value();
    return std::pair(runs.results.back().mean_delay_s, runs.equal.back().above.mean_delay_s);
  };
  EXPECT_EQ(delay(1), delay(3));
}

TEST(StudyRunsTest, StoppedItKeepsThePointsThatWereComplete) {
  StudyOptions options = SmallStudy();
  options.seeds = 1;
  options.seconds = 30;
  options.threads = 1;
  // It is asked so often for the first point alone, and far more often for the second.
  std::atomic<int> asked{0};
  options.stop = [&asked] { return ++asked < 0; };
  ASSERT_TRUE(RunStudyArms(options, "t", {SmallScenario()}, SmallArms()).ok());
  const int first_point = asked.exchange(0);
  options.stop = [&asked, first_point] { return ++asked > first_point + 5; };
  Scenario endless = SmallScenario();
  for (ScenarioDevice& device : endless.devices) device.tasks_per_s *= 1000;
  for (ScenarioNode& node : endless.nodes) node.gflops_per_s *= 1000;
  const StudyRuns runs =
      RunStudyArms(options, "t", {SmallScenario(), endless}, SmallArms()).value();
  EXPECT_EQ(runs.points(), 1U);
  EXPECT_EQ(runs.results.size(), runs.points() * SmallArms().size());
  EXPECT_TRUE(runs.equal.empty());
  Experiment experiment;
  for (std::size_t p = 0; p < runs.points(); ++p) AddColumn(runs, p, WholeRun, experiment);
  EXPECT_TRUE(experiment.equal.empty());
}

TEST(StudyRunsTest, DelaysAreComparedSeedBySeed) {
  const std::vector<Figures> column = FiguresOf(
      {.by_curve = {{{0.1, 0.9}, {0.3, 0.9}}, {{0.2, 0.8}, {0.6, 0.8}}}, .weight_s = {1, 2}});
  EXPECT_NEAR(column[1].delay_lower.mean, 0.5, 1e-12);
  EXPECT_NEAR(column[1].delay_lower.half_width, 0, 1e-12) << "the same at every seed";
  EXPECT_GT(column[1].delay_s.half_width, 1);
  EXPECT_NEAR(column[1].accuracy_higher.mean, 0.1, 1e-12);
  EXPECT_NEAR(column[1].objective_above_s.mean, (0.1 + 0.1 + 0.3 + 0.2) / 2, 1e-12);
}

}  // namespace
}  // namespace offramp
