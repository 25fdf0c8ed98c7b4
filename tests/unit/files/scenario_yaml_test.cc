// Keys, types, ranges, names, links and changes of scenario files: what is read, and the one line
// that says why not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/scenario_file.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// formats.md's example made whole: every key is there.
constexpr char kScenario[] =
    "version: 1\n"
    "model:\n"
    "  input_bytes: 150528\n"
    "  stages:\n"
    "    - {gflops: 3.9, output_bytes: 802816, memory_bytes: 18000000}\n"
    "    - {gflops: 4.1, output_bytes: 401408, memory_bytes: 21000000, exit: true}\n"
    "    - {gflops: 1.2, memory_bytes: 30000000}\n"
    "  exits: resnet.exits.csv\n"
    "devices:\n"
    "  - {name: ed0, tasks_per_s: 1.2}\n"
    "nodes:\n"
    "  - {name: es1-0, stage: 1, gflops_per_s: 1330}\n"
    "  - {name: es2-0, stage: 2, gflops_per_s: 1330}\n"
    "  - {name: es3-0, stage: 3, gflops_per_s: 1330}\n"
    "links:\n"
    "  - {from: ed0, to: es1-0, mbit_per_s: 40, latency_ms: 2}\n"
    "  - {from: es1-0, to: es2-0, mbit_per_s: 50, queue: true}\n"
    "  - {from: es2-0, to: es3-0, mbit_per_s: 60}\n"
    "service: deterministic\n"
    "period_ms: 50\n"
    "objective: {min_accuracy: 0.9}\n"
    "thresholds: 0.7\n"
    "changes:\n"
    "  - {at_s: 60, node: es1-0, gflops_per_s: 400}\n"
    "  - {at_s: 90, device: ed0, tasks_per_s: 3.0}\n"
    "  - {at_s: 120, link: [ed0, es1-0], mbit_per_s: 5}\n"
    "  - {at_s: 150, node: es1-0, down: true}\n"
    "  - {at_s: 200, node: es1-0, down: false}\n";

Scenario Parse(const std::string& text) {
  const Result<ScenarioYaml> yaml = ParseScenarioYaml(text, "s.yaml");
  EXPECT_TRUE(yaml.ok()) << yaml.status();
  return yaml.ok() ? yaml->scenario : Scenario();
}

// kScenario with `what` replaced.
std::string With(const std::string& what, const std::string& by) {
  std::string text = kScenario;
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

std::string ErrorOf(const std::string& text) {
  const Status status = ParseScenarioYaml(text, "s.yaml").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(status.message().find('\n'), std::string::npos) << "more than one line";
  return status.message();
}

TEST(ScenarioYamlTest, EveryKeyIsRead) {
  const Result<ScenarioYaml> yaml = ParseScenarioYaml(kScenario, "s.yaml");
  ASSERT_TRUE(yaml.ok()) << yaml.status();
  EXPECT_EQ(yaml->exits, "resnet.exits.csv");
  const Scenario& scenario = yaml->scenario;
  EXPECT_EQ(scenario.input_bytes, 150528);
  ASSERT_EQ(scenario.stage_count(), 3);
  EXPECT_EQ(scenario.stages[0].output_bytes, 802816);
  EXPECT_EQ(scenario.stages[1].memory_bytes, 21000000);
  EXPECT_FALSE(scenario.stages[0].exit);
  EXPECT_TRUE(scenario.stages[1].exit);
  EXPECT_TRUE(scenario.stages[2].exit);
  EXPECT_EQ(scenario.devices[0].tasks_per_s, 1.2);
  EXPECT_EQ(scenario.nodes[2].stage, 3);
  EXPECT_DOUBLE_EQ(scenario.TransferSeconds(scenario.links[0]), 8 * 150528 / 40e6 + 0.002);
  EXPECT_FALSE(scenario.links[0].queue);
  EXPECT_TRUE(scenario.links[1].queue);
  EXPECT_EQ(scenario.service, ServiceLaw::kDeterministic);
  EXPECT_DOUBLE_EQ(scenario.period_s, 0.05);
  EXPECT_EQ(scenario.objective.min_accuracy, 0.9);
  EXPECT_EQ(scenario.fixed_threshold, 0.7);
  ASSERT_EQ(scenario.changes.size(), 5U);
  EXPECT_EQ(std::get<NodeSpeedChange>(scenario.changes[0].what).part, 1);
  EXPECT_EQ(std::get<DeviceRateChange>(scenario.changes[1].what).tasks_per_s, 3.0);
  EXPECT_EQ(std::get<LinkRateChange>(scenario.changes[2].what).link, 0);
  EXPECT_TRUE(std::get<NodeDownChange>(scenario.changes[3].what).down);
  EXPECT_FALSE(std::get<NodeDownChange>(scenario.changes[4].what).down);
}

TEST(ScenarioYamlTest, WhatIsLeftOutHasTheDocumentedDefault) {
  const Scenario scenario = Parse(
      "version: 1\nmodel: {input_bytes: 1e6, stages: [{gflops: 1}]}\n"
      "devices: [{name: d, tasks_per_s: 1}]\nnodes: [{name: n, stage: 1, gflops_per_s: 9}]\n"
      "links: [{from: d, to: n, mbit_per_s: 8}]\n");
  EXPECT_EQ(scenario.input_bytes, 1'000'000);
  EXPECT_EQ(scenario.service, ServiceLaw::kExponential);
  EXPECT_DOUBLE_EQ(scenario.period_s, 0.1);
  EXPECT_EQ(scenario.objective.accuracy_weight_s, 1);
  EXPECT_FALSE(scenario.fixed_threshold.has_value());
  EXPECT_FALSE(scenario.tuned);
  EXPECT_TRUE(Parse(With("thresholds: 0.7", "thresholds: tuned")).tuned);
}

TEST(ScenarioYamlTest, AMeasuredLawIsRead) {
  const Scenario scenario = Parse(
      With("service: deterministic",
           "service: measured\nservice_histogram: {edges: [0.9, 1.1, 3], weights: [970, 30]}"));
  EXPECT_EQ(scenario.service, ServiceLaw::kMeasured);
  ASSERT_TRUE(scenario.service_histogram.has_value());
  EXPECT_EQ(scenario.service_histogram->edges(), (std::vector<double>{0.9, 1.1, 3}));
  EXPECT_EQ(scenario.service_histogram->weights(), (std::vector<double>{970, 30}));
}

struct Bad {
  const char* what;
  const char* by;
  const char* message;  // how it begins
};

class BadScenarioTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadScenarioTest, IsToldInOneLine) {
  EXPECT_THAT(ErrorOf(With(GetParam().what, GetParam().by)), StartsWith(GetParam().message));
}

constexpr Bad kBad[] = {
    {"service:", "servise:", "s.yaml:19: unknown key \"servise\", did you mean \"service"},
    {"version: 1", "version: 2", "s.yaml:1: version: is \"2\", expected 1"},
    {"input_bytes: 150528", "input_bytes: -1",
     "s.yaml:3: model.input_bytes: is \"-1\", expected a whole number of bytes from 0"},
    {"gflops: 3.9", "gflops: .nan", "s.yaml:5: model.stages[0].gflops: is \".nan\", expected a"},
    {"gflops: 3.9", "gflops: nan", "s.yaml:5: model.stages[0].gflops: is \"nan\", expected a"},
    {"gflops: 3.9", "gflops: 0", "s.yaml:5: model.stages[0].gflops: is \"0\", expected a number"},
    {", output_bytes: 802816", "",
     "s.yaml:5: model.stages[0].output_bytes: is missing, expected a whole number of bytes"},
    {"exit: true", "exit: yes", "s.yaml:6: model.stages[1].exit: is \"yes\", expected true or"},
    {"gflops: 1.2,", "gflops: 1.2, exit: false,",
     "s.yaml:7: model.stages[2].exit: is \"false\", expected true: the last stage always answers"},
    {"  exits: resnet.exits.csv\n", "",
     "s.yaml:3: model.exits: is missing, expected the file of the exit profile: a stage exits"},
    {"tasks_per_s: 1.2", "tasks_per_s: 1e12",
     "s.yaml:10: devices[0].tasks_per_s: is \"1e12\", expected a number from 0 to 1000000000"},
    {"tasks_per_s: 1.2", "tasks_per_s: -1", "s.yaml:10: devices[0].tasks_per_s: is \"-1\""},
    {"name: es2-0", "name: ed0", "s.yaml:13: nodes[1].name: the name \"ed0\" is taken"},
    {"stage: 2", "stage: 4",
     "s.yaml:13: nodes[1].stage: is \"4\", expected an integer from 1 to 3"},
    {"stage: 2", "stage: 1", "s.yaml:12: nodes: stage 2 has no node, expected one for every stage"},
    {"from: ed0", "from: ed1",
     "s.yaml:16: links[0].from: is \"ed1\", expected the name of a device or node; did you mean "
     "\"ed0\"?"},
    {"{from: es1-0, to: es2-0", "{from: es2-0, to: es1-0",
     "s.yaml:17: links[1]: goes from a node of stage 2 to a node of stage 1, expected one to the "
     "next stage"},
    {"{from: es1-0, to: es2-0", "{from: es1-0, to: es1-0", "s.yaml:17: links[1]: goes from a node"},
    {"{from: es1-0, to: es2-0", "{from: ed0, to: es1-0",
     "s.yaml:17: links[1]: goes from \"ed0\" to \"es1-0\" as an earlier one does"},
    {"  - {from: ed0, to: es1-0, mbit_per_s: 40, latency_ms: 2}\n", "",
     "s.yaml:16: links: nothing leads from \"ed0\", expected a link to a node of stage 1"},
    {"mbit_per_s: 40, ", "", "s.yaml:16: links[0].mbit_per_s: is missing, expected a number above"},
    {"latency_ms: 2", "latency_ms: .inf", "s.yaml:16: links[0].latency_ms: is \".inf\", expected"},
    {"min_accuracy: 0.9", "min_accuracy: 90",
     "s.yaml:21: objective.min_accuracy: is \"90\", expected a number from 0 to 1"},
    {"at_s: 90", "at_s: 30",
     "s.yaml:25: changes[1].at_s: is \"30\", expected at least 60: changes stand in the order of"},
    {"node: es1-0, down: true", "node: ed0, down: true",
     "s.yaml:27: changes[3].node: is \"ed0\", expected the name of a node"},
    {"[ed0, es1-0]", "[es1-0, ed0]", "s.yaml:26: changes[2].link: no link goes from \"es1-0\" to"},
    {"[ed0, es1-0]", "[ed0]", "s.yaml:26: changes[2].link: has 1 entries, expected at least 2"},
    {"node: es1-0, gflops_per_s: 400", "gflops_per_s: 400",
     "s.yaml:24: changes[0]: names several parts or none, expected one of device, node, link"},
    {"service: deterministic", "service: measured",
     "s.yaml:19: service: is \"measured\", expected the service_histogram that was measured"},
    {"service: deterministic", "service_histogram: {edges: [0, 1], weights: [1]}",
     "s.yaml:19: service_histogram: is given, expected only with service: measured"},
    {"service: deterministic",
     "service: measured\nservice_histogram: {edges: [0, 2], weights: [1, 1]}",
     "s.yaml:20: service_histogram: has 2 edges and 2 weights, expected one edge more"},
    {"service: deterministic",
     "service: measured\nservice_histogram: {edges: [0, 2, 1], weights: [1, 1]}",
     "s.yaml:20: service_histogram: edge 3 is out of order"},
    {"service: deterministic",
     "service: measured\nservice_histogram: {edges: [0, 2], weights: [-1]}",
     "s.yaml:20: service_histogram.weights[0]: is \"-1\", expected a number from 0"},
    {"service: deterministic",
     "service: measured\nservice_histogram: {edges: [0, .nan], weights: [1]}",
     "s.yaml:20: service_histogram.edges[1]: is \".nan\", expected a number"},
    {"service: deterministic",
     "service: measured\nservice_histogram: {edges: [0, 2], weights: [0]}",
     "s.yaml:20: service_histogram: has no task with a time above 0"},
    {"service: deterministic", "service: measured\nservice_histogram: {edge: [0, 2], weights: [1]}",
     "s.yaml:20: service_histogram: unknown key \"edge\", did you mean \"edges\"?"},
    {"service: deterministic", "service: measured\nservice_histogram: [0, 2]",
     "s.yaml:20: service_histogram: is a list, expected a map"},
    {"down: false", "down: false, gflops_per_s: 4",
     "s.yaml:28: changes[4]: has both of its keys or none, expected one of gflops_per_s, down"},
};

INSTANTIATE_TEST_SUITE_P(Each, BadScenarioTest, ::testing::ValuesIn(kBad));

TEST(ScenarioYamlTest, TooManyPartsAreRefusedWithTheLimit) {
  std::string nodes = "&n {name: n, stage: 1, gflops_per_s: 1}";
  for (std::size_t i = 0; i <= kMaxScenarioParts; ++i) nodes += ",*n";
  EXPECT_THAT(ErrorOf("version: 1\nmodel: {input_bytes: 1, stages: [{gflops: 1}]}\n"
                      "devices: [{name: d, tasks_per_s: 1}]\nnodes: [" +
                      nodes + "]\n"),
              HasSubstr("nodes: has 200002 entries, expected at most 200000"));
}

}  // namespace
}  // namespace offramp
