// Keys, types and ranges of fleet files; tests/unit/files/fleet_parts_test.cc has what they mean
// together.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/fleet.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A sound fleet with `more` as further top-level lines, the first of which is line 7.
std::string FleetWith(const std::string& more) {
  return "version: 1\n"
         "model: {bundle: models/tiny}\n"
         "gateways: [{name: gw0}]\n"
         "nodes:\n"
         "  - {name: a, stage: 1}\n"
         "  - {name: b, stage: 2}\n" +
         more;
}

Fleet Parse(const std::string& text) {
  Result<Fleet> fleet = ParseFleet(text, "/fleets/fleet.yaml");
  EXPECT_TRUE(fleet.ok()) << fleet.status();
  return fleet.ok() ? *std::move(fleet) : Fleet();
}

std::string ErrorOf(const std::string& text) {
  const Status status = ParseFleet(text, "fleet.yaml").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(status.message().find('\n'), std::string::npos) << "more than one line";
  return status.message();
}

// The error for `more` at line 7, without its place.
std::string ErrorWith(const std::string& more) {
  const std::string message = ErrorOf(FleetWith(more + "\n"));
  EXPECT_THAT(message, StartsWith("fleet.yaml:7: "));
  return message.substr(std::min(message.size(), std::string("fleet.yaml:7: ").size()));
}

std::string NodeError(const std::string& keys) {
  const std::string message =
      ErrorOf("version: 1\nmodel: {bundle: x}\ngateways: [{name: gw0}]\nnodes:\n  - {name: a, " +
              keys + "}\n");
  const std::string place = "fleet.yaml:5: nodes[0]";
  EXPECT_THAT(message, StartsWith(place));
  return message.substr(std::min(message.size(), place.size()));
}

TEST(FleetFileTest, ASmallFleetHasTheDocumentedDefaults) {
  const Fleet fleet = Parse(FleetWith(""));
  EXPECT_EQ(fleet.path, "/fleets/fleet.yaml");
  EXPECT_EQ(fleet.bundle_folder, "/fleets/models/tiny");
  EXPECT_EQ(fleet.stage_count(), 2);
  EXPECT_EQ(fleet.policy, Policy::kDtoEe);
  EXPECT_DOUBLE_EQ(fleet.period_s, 0.1);
  EXPECT_DOUBLE_EQ(fleet.deadline_s, 30);
  EXPECT_FALSE(fleet.fixed_threshold.has_value());
  EXPECT_FALSE(fleet.links_given);
  EXPECT_EQ(fleet.service, ServiceLaw::kDeterministic);
  EXPECT_EQ(fleet.service_scv, 0);
  EXPECT_EQ(fleet.exit_mode, "deferred");
  EXPECT_EQ(fleet.objective.accuracy_weight_s, 1);
  EXPECT_TRUE(fleet.non_loopback.empty());
  const FleetNode& node = fleet.nodes[0];
  EXPECT_EQ(node.listen, "127.0.0.1:0");
  EXPECT_EQ(node.gflops_per_s, 0);
  EXPECT_EQ(node.engine, "onnx");
  EXPECT_EQ(node.threads, 1);
  EXPECT_EQ(node.max_batch_size, 1);
  EXPECT_EQ(node.max_queue_delay_us, 0);
  EXPECT_EQ(node.queue_tasks, 1024);
  EXPECT_EQ(node.queue_bytes, 256 << 20);
  EXPECT_EQ(fleet.gateways[0].http, "127.0.0.1:0");
  EXPECT_EQ(fleet.gateways[0].grpc, "127.0.0.1:0");
  EXPECT_EQ(fleet.gateways[0].tasks_per_s, 0);
}

TEST(FleetFileTest, ReadsEveryKey) {
  const Fleet fleet = Parse(
      "version: 1\n"
      "model: {bundle: /abs/bundle/}\n"
      "gateways:\n"
      "  - {name: gw0, http: \"0.0.0.0:80\", grpc: \"[::1]:81\", metrics: \"127.0.0.1:82\", "
      "tasks_per_s: 40}\n"
      "nodes:\n"
      "  - {name: a, stage: 1, listen: \"10.0.0.5:7\", metrics: \"127.0.0.1:83\", gflops_per_s: "
      "2.5,"
      " engine: emulated, threads: 2, max_batch_size: 16, max_queue_delay_us: 500, queue_tasks: 9,"
      " queue_bytes: 1000, machine: box-a}\n"
      "  - {name: b, stage: 2}\n"
      "links:\n"
      "  - {from: gw0, to: a, mbit_per_s: 100, latency_ms: 1.5}\n"
      "  - {from: a, to: b}\n"
      "objective: {min_accuracy: 0.9}\n"
      "policy: peak-ewma\n"
      "period_ms: 50\n"
      "deadline_ms: 1500\n"
      "threads: 3\n"
      "max_batch_size: 4\n"
      "max_queue_delay_us: 100\n"
      "queue_tasks: 77\n"
      "queue_bytes: 88\n"
      "exit_mode: draft\n"
      "thresholds: 0.8\n"
      "service: exponential\n");
  EXPECT_EQ(fleet.bundle_folder, "/abs/bundle");
  EXPECT_EQ(fleet.gateways[0].metrics, "127.0.0.1:82");
  EXPECT_EQ(fleet.gateways[0].tasks_per_s, 40);
  const FleetNode& a = fleet.nodes[0];
  EXPECT_EQ(a.gflops_per_s, 2.5);
  EXPECT_EQ(a.engine, "emulated");
  EXPECT_EQ(a.threads, 2);
  EXPECT_EQ(a.max_batch_size, 16);
  EXPECT_EQ(a.max_queue_delay_us, 500);
  EXPECT_EQ(a.queue_tasks, 9);
  EXPECT_EQ(a.queue_bytes, 1000);
  EXPECT_EQ(a.machine, "box-a");
  const FleetNode& b = fleet.nodes[1];  // takes the top level's
  EXPECT_EQ(b.threads, 3);
  EXPECT_EQ(b.max_batch_size, 4);
  EXPECT_EQ(b.max_queue_delay_us, 100);
  EXPECT_EQ(b.queue_tasks, 77);
  EXPECT_EQ(b.queue_bytes, 88);
  EXPECT_TRUE(fleet.links_given);
  EXPECT_EQ(fleet.links[0].mbit_per_s, 100);
  EXPECT_EQ(fleet.links[0].latency_ms, 1.5);
  EXPECT_EQ(fleet.links[1].mbit_per_s, 0);
  EXPECT_EQ(fleet.objective.min_accuracy, 0.9);
  EXPECT_EQ(fleet.policy, Policy::kPeakEwma);
  EXPECT_DOUBLE_EQ(fleet.period_s, 0.05);
  EXPECT_DOUBLE_EQ(fleet.deadline_s, 1.5);
  EXPECT_EQ(fleet.exit_mode, "draft");
  EXPECT_EQ(fleet.fixed_threshold, 0.8);
  EXPECT_EQ(fleet.service_scv, 1);
  EXPECT_THAT(fleet.non_loopback, ElementsAre("gw0.http: 0.0.0.0:80", "a.listen: 10.0.0.5:7"));
}

TEST(FleetFileTest, EveryLivePolicyIsTaken) {
  for (const std::string& name : PolicyNames(/*live_only=*/true)) {
    EXPECT_EQ(PolicyName(Parse(FleetWith("policy: " + name + "\n")).policy), name);
  }
}

TEST(FleetFileTest, RefusesUnknownKeysAtEveryLevel) {
  EXPECT_EQ(ErrorWith("polcy: dto-ee"), "unknown key \"polcy\", did you mean \"policy\"?");
  EXPECT_EQ(NodeError("stage: 1, thread: 2"),
            ": unknown key \"thread\", did you mean \"threads\"?");
  EXPECT_EQ(ErrorWith("objective: {min_acuracy: 0.5}"),
            "objective: unknown key \"min_acuracy\", did you mean \"min_accuracy\"?");
  EXPECT_EQ(ErrorWith("links: [{from: gw0, to: a, mbps: 5}]"),
            "links[0]: unknown key \"mbps\", expected one of from, to, mbit_per_s, latency_ms");
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {folder: x}\ngateways: []\n"),
            "fleet.yaml:2: model: unknown key \"folder\", expected one of bundle");
}

TEST(FleetFileTest, RefusesMissingParts) {
  EXPECT_EQ(ErrorOf(""), "fleet.yaml:1: is empty, expected a map");
  EXPECT_EQ(ErrorOf("model: {bundle: x}\n"), "fleet.yaml:1: version: is missing, expected 1");
  EXPECT_EQ(ErrorOf("version: 1\n"), "fleet.yaml:1: model: is missing, expected a map");
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {}\n"),
            "fleet.yaml:2: model.bundle: is missing, expected the folder of a bundle");
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {bundle: x}\n"),
            "fleet.yaml:1: gateways: is missing, expected a list");
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {bundle: x}\ngateways: []\n"),
            "fleet.yaml:3: gateways: has 0 entries, expected at least 1");
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {bundle: x}\ngateways: [{name: g}]\n"),
            "fleet.yaml:1: nodes: is missing, expected a list");
}

TEST(FleetFileTest, RefusesWrongValuesOfNodes) {
  EXPECT_EQ(NodeError("stage: x"), ".stage: is \"x\", expected an integer from 1 to 64");
  EXPECT_EQ(NodeError("stage: 0"), ".stage: is \"0\", expected an integer from 1 to 64");
  EXPECT_EQ(NodeError("threads: 1"), ".stage: is missing, expected an integer from 1 to 64");
  EXPECT_EQ(NodeError("stage: 1, gflops_per_s: 0"),
            ".gflops_per_s: is \"0\", expected a number above 0");
  EXPECT_EQ(NodeError("stage: 1, gflops_per_s: .nan"),
            ".gflops_per_s: is \".nan\", expected a number above 0");
  EXPECT_EQ(NodeError("stage: 1, threads: 0"),
            ".threads: is \"0\", expected an integer from 1 to 256");
  EXPECT_EQ(NodeError("stage: 1, max_batch_size: 0"),
            ".max_batch_size: is \"0\", expected an integer from 1 to 4096");
  EXPECT_EQ(NodeError("stage: 1, max_queue_delay_us: -1"),
            ".max_queue_delay_us: is \"-1\", expected an integer from 0 to 10000000");
  EXPECT_EQ(NodeError("stage: 1, engine: onx"),
            ".engine: is \"onx\", expected one of onnx, emulated; did you mean \"onnx\"?");
  EXPECT_EQ(NodeError("stage: 1, engine: emulated"),
            ".gflops_per_s: is missing, expected a number above 0: \"engine: emulated\" takes its "
            "time from it");
  EXPECT_EQ(NodeError("stage: 1, listen: 8080"),
            ".listen: is \"8080\", expected an address as \"127.0.0.1:0\"");
  EXPECT_EQ(NodeError("stage: 1, metrics: \"localhost:99999\""),
            ".metrics: is the quoted text \"localhost:99999\", expected an address as "
            "\"127.0.0.1:0\"");
}

TEST(FleetFileTest, RefusesWrongValuesAtTheTop) {
  EXPECT_EQ(ErrorWith("period_ms: 0"), "period_ms: is \"0\", expected a number from 1 to 60000");
  EXPECT_EQ(ErrorWith("deadline_ms: never"),
            "deadline_ms: is \"never\", expected a number from 1 to 86400000");
  EXPECT_EQ(ErrorWith("thresholds: tune"),
            "thresholds: is \"tune\", expected a number of at least 0, or tuned");
  EXPECT_EQ(ErrorWith("thresholds: -1"),
            "thresholds: is \"-1\", expected a number of at least 0, or tuned");
  EXPECT_EQ(ErrorWith("thresholds: [0.8]"),
            "thresholds: is a list, expected a number of at least 0, or tuned");
  EXPECT_EQ(ErrorWith("exit_mode: fil"),
            "exit_mode: is \"fil\", expected one of deferred, fill, copy, draft; did you mean "
            "\"fill\"?");
  EXPECT_EQ(ErrorWith("service: gamma"),
            "service: is \"gamma\", expected one of deterministic, exponential, measured");
  EXPECT_EQ(ErrorWith("queue_bytes: 1.5"),
            "queue_bytes: is \"1.5\", expected an integer from 1 to 1099511627776");
  EXPECT_EQ(ErrorWith("links: 5"), "links: is \"5\", expected a list");
}

TEST(FleetFileTest, RefusesPoliciesThatAFleetCannotRun) {
  for (const char* name : {"nash", "genetic", "optimum"}) {
    EXPECT_EQ(ErrorWith("policy: " + std::string(name)),
              "policy: the policy \"" + std::string(name) +
                  "\" exists only in plan and simulate, a fleet cannot run it");
  }
  EXPECT_THAT(ErrorWith("policy: round-robbin"), HasSubstr("did you mean \"round-robin\"?"));
}

TEST(FleetFileTest, AnObjectiveIsOneThing) {
  const std::string text =
      "objective: has several or none of its keys, expected one of "
      "accuracy_weight_s, min_accuracy, max_mean_delay_s";
  EXPECT_EQ(ErrorWith("objective: {}"), text);
  EXPECT_EQ(ErrorWith("objective: {accuracy_weight_s: 1, min_accuracy: 0.9}"), text);
  EXPECT_EQ(ErrorWith("objective: {min_accuracy: 1.1}"),
            "objective.min_accuracy: is \"1.1\", expected a number from 0 to 1");
  EXPECT_EQ(ErrorWith("objective: {max_mean_delay_s: 0}"),
            "objective.max_mean_delay_s: is \"0\", expected a number above 0 and at most 1000000");
}

TEST(FleetFileTest, ReadsFilesByTheSameRules) {
  const std::string path = ::testing::TempDir() + "fleet_file_test.yaml";
  std::ofstream(path) << FleetWith("");
  const Result<Fleet> fleet = ReadFleetFile(path);
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  EXPECT_EQ(fleet->bundle_folder, ::testing::TempDir() + "models/tiny");
  std::ofstream(path) << std::string(2 << 20, ' ');
  EXPECT_THAT(ReadFleetFile(path).status().message(), HasSubstr("has 2097152 bytes, expected"));
  std::filesystem::remove(path);
  const Status missing = ReadFleetFile(path).status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_EQ(missing.message(), path + ": there is no such file");
  EXPECT_EQ(ReadFleetFile(::testing::TempDir()).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace offramp
