#include "offramp/files/fleet_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

Bundle TwoStages() {
  Bundle bundle;
  bundle.name = "m";
  bundle.inputs = {{.name = "image", .datatype = DataType::kFp32, .shape = {-1, 1, 10, 10}},
                   {.name = "mask", .datatype = DataType::kUint8, .shape = {-1, 100}}};
  bundle.outputs = {{.name = "logits", .shape = {-1, 10}}};
  bundle.stages.resize(2);
  bundle.stages[0].gflops = 2;
  bundle.stages[0].output_bytes = 1000;
  bundle.stages[1].gflops = 4;
  return bundle;
}

Fleet FleetOf(const std::string& more) {
  return ParseFleet(
             "version: 1\nmodel: {bundle: x}\nobjective: {accuracy_weight_s: 3}\n"
             "gateways: [{name: g, tasks_per_s: 7}]\n"
             "nodes:\n"
             "  - {name: a, stage: 1, gflops_per_s: 100}\n"
             "  - {name: b, stage: 2}\n" +
                 more,
             "fleet.yaml")
      .value();
}

TEST(FleetScenarioTest, SpeedsLinksAndRatesBecomeThePlannersNumbers) {
  const Fleet fleet = FleetOf(
      "links:\n"
      "  - {from: g, to: a, mbit_per_s: 2, latency_ms: 5}\n"
      "  - {from: a, to: b, mbit_per_s: 8}\n");
  const Result<Problem> problem = ProblemOf(fleet, TwoStages(), {{"b", 40}, {"a", 1}});
  ASSERT_TRUE(problem.ok()) << problem.status();
  EXPECT_EQ(problem->stages(), 2);
  EXPECT_EQ(problem->accuracy_weight_s(), 3);
  EXPECT_EQ(problem->total_rate_per_s(), 7);
  const int a = problem->FindNode("a");
  const int b = problem->FindNode("b");
  EXPECT_DOUBLE_EQ(problem->node(a).service_rate_per_s, 50);  // the file's speed wins: 100 / 2
  EXPECT_DOUBLE_EQ(problem->node(b).service_rate_per_s, 10);  // measured: 40 / 4
  EXPECT_EQ(problem->node(a).congestion, CongestionOfScv(0));
  // 500 bytes (100 floats, 100 mask bytes) at 2 Mbit/s are 2 ms, and 5 ms of latency.
  EXPECT_NEAR(problem->link(problem->first_link(problem->FindNode("g"))).transfer_s, 0.007, 1e-12);
  EXPECT_NEAR(problem->link(problem->first_link(a)).transfer_s, 0.001, 1e-12);
}

TEST(FleetScenarioTest, AbsentLinksCostNothing) {
  const Result<Problem> problem = ProblemOf(FleetOf(""), TwoStages(), {{"b", 40}});
  ASSERT_TRUE(problem.ok()) << problem.status();
  ASSERT_EQ(problem->link_count(), 2);
  EXPECT_EQ(problem->link(0).transfer_s, 0);
}

TEST(FleetScenarioTest, TheLawOfServiceSetsTheCongestion) {
  const Result<Problem> problem =
      ProblemOf(FleetOf("service: exponential\n"), TwoStages(), {{"b", 40}});
  ASSERT_TRUE(problem.ok()) << problem.status();
  EXPECT_EQ(problem->node(problem->FindNode("a")).congestion, CongestionOfScv(1));
}

TEST(FleetScenarioTest, AMeasuredLawIsTheBundlesHistogram) {
  const auto congestion = [](const Bundle& bundle) {
    const Problem problem = ProblemOf(FleetOf("service: measured\n"), bundle, {{"b", 40}}).value();
    return problem.node(problem.FindNode("a")).congestion;
  };
  Bundle bundle = TwoStages();
  EXPECT_EQ(congestion(bundle), CongestionOfScv(0));  // nobody measured
  bundle.service_histogram = ServiceHistogram::Create({0, 2}, {1}).value();
  EXPECT_DOUBLE_EQ(congestion(bundle), CongestionOfScv(1.0 / 3));
}

TEST(FleetScenarioTest, AnUnknownSpeedIsNamed) {
  const Status status = ProblemOf(FleetOf(""), TwoStages()).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("node \"b\" has no gflops_per_s, and none was measured"));
}

TEST(FleetScenarioTest, ASpeedThatNobodyKnowsIsTheProfiledModels) {
  Bundle bundle = TwoStages();
  for (BundleStage& stage : bundle.stages) stage.gflops_per_s = 12;
  const Scenario scenario = ScenarioOf(FleetOf(""), bundle).value();
  EXPECT_EQ(scenario.nodes[1].gflops_per_s, 12);
  const Scenario measured = ScenarioOf(FleetOf(""), bundle, {{"b", 40}}).value();
  EXPECT_EQ(measured.nodes[1].gflops_per_s, 40);  // what was seen live counts more
}

TEST(FleetScenarioTest, FleetAndBundleHaveTheSameStages) {
  Bundle bundle = TwoStages();
  bundle.stages.resize(1);
  EXPECT_EQ(ProblemOf(FleetOf(""), bundle, {{"b", 1}}).status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace offramp
