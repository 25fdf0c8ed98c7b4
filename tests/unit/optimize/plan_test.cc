// MakePlan: every policy on a generated scenario, objectives, held-out rows, refusals.
#include "offramp/optimize/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/optimize/generate_scenario.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

Problem Generated(std::uint64_t seed) {
  GeneratorOptions options;
  options.seed = seed;
  options.devices = 12;
  options.nodes = 9;
  options.stages = 3;
  options.exits = 2;
  options.rows = 400;
  return ProblemOf(GenerateScenario(options).value()).value();
}

Plan PlanOf(const Problem& problem, Policy policy, Objective objective = {}) {
  PlanOptions options{.policy = policy, .rounds = 150, .objective = objective};
  if (!objective.steers()) options.objective.accuracy_weight_s = problem.accuracy_weight_s();
  options.restarts = 1;
  const Result<Plan> plan = MakePlan(problem, options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

TEST(Plan, StopsWhenAskedWithTheBestUntilThen) {
  const Problem problem = Generated(3);
  for (const Policy policy : {Policy::kDtoEe, Policy::kOptimum}) {
    int asked = 0;
    PlanOptions options{.policy = policy};
    options.objective.accuracy_weight_s = problem.accuracy_weight_s();
    options.stop = [&] { return ++asked > 5; };
    const Plan plan = MakePlan(problem, options).value();
    EXPECT_EQ(plan.stop, PlanStop::kStopped);
    EXPECT_THAT(plan.FullReport(problem), HasSubstr("stopped"));
    EXPECT_TRUE(CheckStrategy(problem, plan.strategy).ok());
    EXPECT_FALSE(plan.certificate.has_value());
    EXPECT_LT(plan.rounds, 8);
  }
}

TEST(Plan, StopsWhileItLooksForTheWeight) {
  int asked = 0;
  PlanOptions options;
  options.objective.min_accuracy = 0.99;
  options.stop = [&] { return ++asked > 3; };
  const Plan plan = MakePlan(Generated(3), options).value();
  EXPECT_EQ(plan.stop, PlanStop::kStopped);
  EXPECT_THAT(plan.message, HasSubstr("stopped"));
}

TEST(Plan, EveryPolicyGivesAStrategyAndItsExactPrediction) {
  const Problem problem = Generated(3);
  const double best = PlanOf(problem, Policy::kOptimum).predicted.objective_s;
  for (const std::string& name : PolicyNames(false)) {
    const Plan plan = PlanOf(problem, *ParsePolicy(name));
    EXPECT_TRUE(CheckStrategy(problem, plan.strategy).ok()) << name;
    const double exact = Evaluator().Evaluate(problem, plan.strategy).objective_s;
    EXPECT_EQ(plan.predicted.objective_s, exact) << name;
    ASSERT_TRUE(plan.certificate.has_value());
    EXPECT_LE(plan.certificate->lower_bound_s, exact + 1e-9) << name;
    EXPECT_GE(exact, best - 2e-3 * plan.predicted.mean_delay_s) << name << " beats the optimum";
    EXPECT_FALSE(plan.history.empty()) << name;
    EXPECT_THAT(plan.BriefReport(), HasSubstr(name));
    EXPECT_THAT(plan.FullReport(problem), HasSubstr("busiest nodes"));
  }
}

TEST(Plan, HistoryBeginsColdAndTheBestIsKept) {
  const Problem problem = Generated(4);
  const Plan plan = PlanOf(problem, Policy::kDtoEe);
  const Evaluation cold = Evaluator().Evaluate(problem, UniformStrategy(problem, 0.8F));
  ASSERT_EQ(plan.history.size(), static_cast<std::size_t>(plan.rounds) + 1);
  EXPECT_EQ(plan.history[0].round, 0);
  EXPECT_DOUBLE_EQ(plan.history[0].objective_s, cold.objective_s);
  for (const RoundSummary& round : plan.history) {
    EXPECT_LE(plan.predicted.objective_s, round.objective_s + 1e-9);
  }
}

TEST(Plan, SameSeedSamePlan) {
  const Problem problem = Generated(5);
  EXPECT_EQ(PlanOf(problem, Policy::kDtoEe).strategy.share,
            PlanOf(problem, Policy::kDtoEe).strategy.share);
}

TEST(Plan, MeetsAnAccuracyFloorAtTheLeastDelay) {
  const Problem problem = Generated(6);
  const double free = PlanOf(problem, Policy::kDtoEe).predicted.accuracy;
  double before = 0;
  for (const double floor : {free - 0.05, free - 0.02, free}) {
    Objective objective;
    objective.min_accuracy = floor;
    const Plan plan = PlanOf(problem, Policy::kDtoEe, objective);
    EXPECT_TRUE(plan.objective_met) << plan.message;
    EXPECT_GE(plan.predicted.accuracy, floor - 1e-6);
    EXPECT_LE(plan.predicted.accuracy, floor + 0.02);
    EXPECT_GT(plan.predicted.mean_delay_s, before);
    before = plan.predicted.mean_delay_s;
  }
}

TEST(Plan, MeetsADelayCeilingAtTheGreatestAccuracy) {
  const Problem problem = Generated(6);
  const Plan free = PlanOf(problem, Policy::kDtoEe);
  Objective objective;
  objective.max_mean_delay_s = 0.9 * free.predicted.mean_delay_s;
  const Plan plan = PlanOf(problem, Policy::kDtoEe, objective);
  EXPECT_TRUE(plan.objective_met) << plan.message;
  EXPECT_LE(plan.predicted.mean_delay_s, *objective.max_mean_delay_s + 1e-6);
  EXPECT_GT(plan.predicted.mean_delay_s, 0.95 * *objective.max_mean_delay_s);
  EXPECT_LT(plan.predicted.accuracy, free.predicted.accuracy);
}

TEST(Plan, SaysWhatCannotBeMetAndPlansTheNearest) {
  const Problem problem = Generated(7);
  Objective objective;
  objective.min_accuracy = 0.9999;
  const Plan accurate = PlanOf(problem, Policy::kDtoEe, objective);
  EXPECT_FALSE(accurate.objective_met);
  EXPECT_THAT(accurate.message, HasSubstr("cannot be reached"));
  EXPECT_GT(accurate.predicted.accuracy, PlanOf(problem, Policy::kDtoEe).predicted.accuracy);
  objective = {};
  objective.max_mean_delay_s = 1e-6;
  const Plan fast = PlanOf(problem, Policy::kDtoEe, objective);
  EXPECT_FALSE(fast.objective_met);
  EXPECT_LT(fast.predicted.mean_delay_s, PlanOf(problem, Policy::kDtoEe).predicted.mean_delay_s);
}

TEST(Plan, PredictsOnRowsItHasNotSeen) {
  const Problem problem = Generated(8);
  PlanOptions options;
  options.objective.accuracy_weight_s = problem.accuracy_weight_s();
  options.held_out = 0.5;
  options.restarts = 0;
  const Plan plan = MakePlan(problem, options).value();
  ASSERT_TRUE(plan.held_out.has_value());
  EXPECT_NE(plan.held_out->accuracy, plan.predicted.accuracy);
  EXPECT_NEAR(plan.held_out->accuracy, plan.predicted.accuracy, 0.1);
}

TEST(Plan, RefusesOptionsThatMakeNoSense) {
  const Problem problem = Generated(9);
  const auto error = [&](PlanOptions options) {
    return MakePlan(problem, options).status().message();
  };
  EXPECT_THAT(error({.rounds = -1}), HasSubstr("rounds"));
  EXPECT_THAT(error({.restarts = -1}), HasSubstr("restarts"));
  EXPECT_THAT(error({.held_out = 1}), HasSubstr("held-out"));
  EXPECT_THAT(error({.objective = {.min_accuracy = 2}}), HasSubstr("min_accuracy"));
  EXPECT_THAT(error({.objective = {.min_accuracy = 0.5, .max_mean_delay_s = 1}}),
              HasSubstr("not both"));
}

TEST(Plan, WithoutTasksThereIsNothingToDo) {
  Problem problem = Generated(9);
  for (int i = 0; i < problem.first_node(1); ++i) problem.SetArrivalRate(i, 0);
  const Plan plan = PlanOf(problem, Policy::kDtoEe);
  EXPECT_EQ(plan.stop, PlanStop::kNothingToDo);
  EXPECT_EQ(plan.predicted.mean_delay_s, 0);
}

}  // namespace
}  // namespace offramp
