// Plans as data and as text, and the measurements of a running fleet as a plan's input.
#include "offramp/cli/plan/plan_json.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/cli/plan/live_measurements.h"
#include "offramp/cli/plan/plan_report.h"
#include "offramp/cli/plan/plan_table.h"
#include "tests/unit/cli/small_scenario.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

struct Planned {
  Scenario scenario = SmallScenario();
  Problem problem = ProblemOf(scenario).value();
  Plan plan = MakePlan(problem, {.rounds = 30, .restarts = 0}).value();
};

TEST(PlanJson, HasTheDocumentedKeys) {
  const Planned planned;
  const OrderedJson json = PlanToJson(planned.problem, planned.plan);
  EXPECT_EQ(json["policy"], "dto-ee");
  EXPECT_EQ(json["offloading"].size(), 4U) << "devices and the nodes of stage 1";
  for (const auto& [name, shares] : json["offloading"].items()) {
    double sum = 0;
    for (const auto& [receiver, share] : shares.items()) sum += share.get<double>();
    EXPECT_NEAR(sum, 1, 1e-6) << name;
  }
  EXPECT_EQ(json["thresholds"].size(), 2U) << "the nodes of stage 1";
  EXPECT_TRUE(json["optimality_gap_s"].is_number());
  EXPECT_EQ(json["history"].size(), json["rounds"].get<std::size_t>() + 1);
  EXPECT_EQ(json["history"][0]["round"], 0);
  EXPECT_NEAR(
      json["predicted"]["objective_s"].get<double>(),
      json["predicted"]["mean_delay_s"].get<double>() - json["predicted"]["accuracy"].get<double>(),
      1e-12);
}

TEST(PlanJson, NeverExitIsANumberAboveOne) {
  const Planned planned;
  const Strategy never = UniformStrategy(planned.problem, INFINITY);
  EXPECT_EQ(ThresholdsToJson(planned.problem, never)["a0"], 2);
}

TEST(PlanTable, NamesWhatLimitsAndCutsLongLists) {
  const Planned planned;
  const std::string text = PlanTable(planned.problem, planned.plan, 3, false);
  EXPECT_THAT(text, HasSubstr("nodes cost most"));
  EXPECT_THAT(text, HasSubstr("and 3 more parts; --json has all"));
  EXPECT_THAT(
      CompareTable({planned.problem, planned.plan}, {planned.problem, planned.plan}, 9, false),
      HasSubstr("a0 utilisation"));
}

TEST(PlanReport, IsOneFileWithItsData) {
  const Planned planned;
  const std::string html = PlanReportHtml(
      {.scenario = planned.scenario, .problem = planned.problem, .plan = planned.plan});
  EXPECT_THAT(html, HasSubstr("\"topology\""));
  EXPECT_EQ(html.find("src="), std::string::npos);
}

OrderedJson StatusOf(const std::string& text) { return OrderedJson::parse(text); }

TEST(LiveMeasurements, RatesSpeedsAndStrategyComeFromTheStatus) {
  Scenario scenario = SmallScenario();
  const OrderedJson status = StatusOf(R"({
    "gateways": [{"name": "d0", "arrival_rate_tasks_per_s": 5, "offloading": {"a0": 2, "a1": 2}},
                 {"name": "d1", "state": "down"}],
    "nodes": [{"name": "a0", "stage": 1, "service_s": 0.5, "threshold": 0.7,
               "offloading": {"b0": 0.25, "b1": 0.75}},
              {"name": "b0", "stage": 2, "service_s": 0}, {"name": 3}]})");
  ASSERT_TRUE(UseMeasuredRates(status, scenario).ok());
  EXPECT_EQ(scenario.devices[0].tasks_per_s, 5);
  EXPECT_EQ(scenario.devices[1].tasks_per_s, 0);
  const MeasuredSpeeds speeds = SpeedsOf(status, {1, 2});
  EXPECT_EQ(speeds, (MeasuredSpeeds{{"a0", 2}}));
  const Problem problem = ProblemOf(scenario).value();
  const Strategy strategy = LiveStrategy(status, problem);
  EXPECT_TRUE(CheckStrategy(problem, strategy).ok());
  const int a0 = problem.FindNode("a0");
  EXPECT_EQ(strategy.threshold[static_cast<std::size_t>(a0)], 0.7);
  EXPECT_EQ(strategy.share[static_cast<std::size_t>(problem.first_link(a0))], 0.25);
  EXPECT_EQ(strategy.share[static_cast<std::size_t>(problem.first_link(0))], 0.5);
}

TEST(LiveMeasurements, AStatusOfAnotherFleetIsRefused) {
  Scenario scenario = SmallScenario();
  EXPECT_THAT(UseMeasuredRates(StatusOf(R"({"gateways": [{"name": "x"}], "nodes": []})"), scenario)
                  .message(),
              HasSubstr("names no gateway of s.yaml"));
  EXPECT_THAT(UseMeasuredRates(StatusOf(R"({"gateways": [{"name": "d0"}], "nodes": []})"), scenario)
                  .message(),
              HasSubstr("nothing arrives"));
}

}  // namespace
}  // namespace offramp
