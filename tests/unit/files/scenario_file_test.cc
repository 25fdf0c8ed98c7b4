// Scenario files with what they name: the profile, or a fleet's bundle; and what is written.
#include "offramp/files/scenario_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::HasSubstr;

class ScenarioFileTest : public ::testing::Test {
 protected:
  ScenarioFileTest() {
    folder_ = ::testing::TempDir() + "/scenario_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ScenarioFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  std::string folder_;
};

constexpr char kScenario[] =
    "version: 1\n"
    "model:\n"
    "  input_bytes: 1000\n"
    "  stages: [{gflops: 2, output_bytes: 500, exit: true}, {gflops: 4}]\n"
    "  exits: exits.csv\n"
    "devices: [{name: d, tasks_per_s: 3}]\n"
    "nodes: [{name: a, stage: 1, gflops_per_s: 30}, {name: b, stage: 2, gflops_per_s: 70.1}]\n"
    "links:\n"
    "  - {from: d, to: a, mbit_per_s: 8, latency_ms: 0.3}\n"
    "  - {from: a, to: b, mbit_per_s: 4, queue: true}\n"
    "changes: [{at_s: 1, node: a, down: true}, {at_s: 2.5, link: [d, a], mbit_per_s: 0.125}]\n";
constexpr char kProfile[] = "confidence_1,correct_1,correct_2\n0.25,1,1\n0.75,0,1\n";

TEST_F(ScenarioFileTest, TheProfileStandsBesideTheScenario) {
  Write("exits.csv", kProfile);
  const Result<Scenario> scenario = ReadScenario(Write("s.yaml", kScenario));
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->profile->rows(), 2U);
  const Result<Problem> problem = ProblemOf(*scenario);
  ASSERT_TRUE(problem.ok()) << problem.status();
  EXPECT_DOUBLE_EQ(problem->node(problem->FindNode("a")).service_rate_per_s, 15);
  EXPECT_TRUE(problem->has_exit(1));
}

TEST_F(ScenarioFileTest, WhatIsMissingOrDoesNotFitIsNamed) {
  EXPECT_EQ(ReadScenario(folder_ + "/none.yaml").status().code(), StatusCode::kNotFound);
  const std::string path = Write("s.yaml", kScenario);
  EXPECT_THAT(ReadScenario(path).status().message(), HasSubstr("exits.csv: there is no such file"));
  Write("exits.csv", "confidence_2,correct_2\n0.5,1\n");
  EXPECT_THAT(ReadScenario(path).status().message(),
              HasSubstr("exits.csv:1: the header has \"confidence_2\", expected the columns "
                        "confidence_1,correct_1,correct_2"));
}

TEST_F(ScenarioFileTest, WrittenScenariosReadTheSame) {
  Write("exits.csv", kProfile);
  Scenario first = ReadScenario(Write("s.yaml", kScenario)).value();
  first.links[0].mbit_per_s = 1.0 / 3;
  first.tuned = true;
  first.objective = {.max_mean_delay_s = 0.1};
  first.service = ServiceLaw::kMeasured;
  first.service_histogram = ServiceHistogram::Create({0.1, 1.0 / 3, 7}, {2, 1.0 / 7}).value();
  ASSERT_TRUE(WriteScenario(first, folder_ + "/t.yaml").ok());
  const Result<Scenario> second = ReadScenario(folder_ + "/t.yaml");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->links[0].mbit_per_s, 1.0 / 3);
  EXPECT_EQ(second->congestion(), first.congestion());
  EXPECT_EQ(ScenarioText(first, "x"), ScenarioText(*second, "x"));
  EXPECT_EQ(ExitProfileText(*second->profile), kProfile);
}

TEST_F(ScenarioFileTest, AFleetFileIsAScenarioOfItsBundle) {
  const char* source = std::getenv("OFFRAMP_SOURCE_DIR");
  const std::string root = source == nullptr ? "." : source;
  const Result<Scenario> scenario = ReadScenario(root + "/fleets/demo.yaml");
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->stage_count(), 4);
  EXPECT_EQ(scenario->devices.size(), 4U);
  EXPECT_EQ(scenario->service, ServiceLaw::kDeterministic);
  EXPECT_TRUE(scenario->links[0].queue);
  EXPECT_TRUE(scenario->tuned);
  EXPECT_NEAR(scenario->ServiceRate(scenario->nodes[0]), 120, 1e-6);
  EXPECT_EQ(scenario->input_bytes, 28 * 28 * 4);
}

TEST_F(ScenarioFileTest, FleetErrorsKeepTheirStyle) {
  const std::string path = Write("f.yaml", "version: 1\nmodel: {bundle: x}\ngateways: []\n");
  EXPECT_THAT(ReadScenario(path).status().message(),
              HasSubstr("f.yaml:3: gateways: has 0 entries, expected at least 1"));
}

}  // namespace
}  // namespace offramp
