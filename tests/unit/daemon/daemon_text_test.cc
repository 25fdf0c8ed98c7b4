// What daemons write for others to read: metrics, status objects, log lines.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "offramp/daemon/daemon_state.h"
#include "offramp/daemon/log.h"
#include "offramp/daemon/metrics.h"
#include "offramp/daemon/part_status.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, EveryMetricCarriesThePartAndTheBuildIsNamed) {
  Metrics metrics("s1-a", "node");
  metrics.Counter("offramp_tests_total", "Help.").Add({{"reason", "none"}}).Increment(3);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("# TYPE offramp_tests_total counter"));
  EXPECT_THAT(text, HasSubstr("part=\"s1-a\""));
  EXPECT_THAT(text, HasSubstr("reason=\"none\""));
  EXPECT_THAT(text, HasSubstr("offramp_build_info{"));
}

TEST(MetricsTest, ATotalThatIsKeptElsewhereNeverFalls) {
  Metrics metrics("s1-a", "node");
  prometheus::Counter& counter = metrics.Counter("offramp_x_total", "Help.").Add({});
  FollowTotal(counter, 5);
  FollowTotal(counter, 3);
  EXPECT_EQ(counter.Value(), 5);
  FollowTotal(counter, 8);
  EXPECT_EQ(counter.Value(), 8);
}

TEST(PartStatusTest, ANodesObjectHasWhatStatusPromises) {
  PartStatus status;
  status.name = "s1-a";
  status.role = "node";
  status.stage = 1;
  status.address = "127.0.0.1:1";
  status.state = "ready";
  status.offloading = {{"s2-a", 0.25}, {"s2-b", 0.75}};
  status.has_threshold = true;
  status.threshold = 0.75;
  const auto json = nlohmann::json::parse(ToJson(status));
  for (const char* key : {"name", "stage", "address", "metrics", "offloading", "threshold",
                          "arrival_rate_tasks_per_s", "utilisation", "queue_length", "state"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["offloading"]["s2-b"], 0.75);
}

TEST(PartStatusTest, WithoutAnExitThereIsNoThreshold) {
  PartStatus status;
  status.role = "gateway";
  const auto json = nlohmann::json::parse(ToJson(status));
  EXPECT_FALSE(json.contains("threshold"));
  EXPECT_TRUE(json.contains("admitted_fraction"));
  EXPECT_TRUE(json.contains("http"));
}

TEST(PartStatusTest, AGatewayThatSteersSaysHowItStands) {
  PartStatus status;
  status.role = "gateway";
  status.policy = "dto-ee";
  status.accuracy_weight_s = 0.5;
  const auto fixed = nlohmann::json::parse(ToJson(status));
  EXPECT_EQ(fixed["accuracy_weight_s"], 0.5);
  EXPECT_FALSE(fixed.contains("objective_met"));
  status.steers = true;
  status.objective_met = false;
  status.expected_accuracy = 0.875;
  const auto steered = nlohmann::json::parse(ToJson(status));
  EXPECT_EQ(steered["objective_met"], false);
  EXPECT_EQ(steered["expected_accuracy"], 0.875);
  EXPECT_TRUE(steered.contains("mean_delay_s"));
}

TEST(LogTest, AMessageIsOneLineWhateverItHolds) {
  ASSERT_TRUE(SetUpLog("s1-a", "text", "info").ok());
  ::testing::internal::CaptureStderr();
  spdlog::info("{}", std::string("no input \"x\n2026 I gw0  request=r2\" \x1b[2J \u00e4"));
  spdlog::default_logger()->flush();
  const std::string line = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(line, HasSubstr("s1-a  no input \"x\\x0a2026 I gw0  request=r2\" \\x1b[2J \u00e4\n"));
}

TEST(LogTest, EveryLineIsJsonWhateverTheMessageHolds) {
  ASSERT_TRUE(SetUpLog("s1-a", "json", "info").ok());
  ::testing::internal::CaptureStderr();
  spdlog::info("{}", std::string("quote \" backslash \\ newline \n control \x01 broken \xff"));
  spdlog::default_logger()->flush();
  const std::string line = ::testing::internal::GetCapturedStderr();
  const auto json = nlohmann::json::parse(line, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << line;
  EXPECT_EQ(json["part"], "s1-a");
  EXPECT_EQ(json["level"], "info");
  EXPECT_THAT(json["message"].get<std::string>(), HasSubstr("newline \n control"));
}

TEST(LogTest, ATasksTagIsWhatItsClientSaid) {
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(TaskTag("", ""), "");
  EXPECT_EQ(TaskTag("hello-2", ""), "request=hello-2");
  EXPECT_EQ(TaskTag("", trace), "trace=" + trace);
  EXPECT_EQ(TaskTag("hello-2", trace), "request=hello-2 trace=" + trace);
}

TEST(LogTest, NoRequestIdPassesForAnotherLineOrField) {
  EXPECT_EQ(TaskTag("a rows=9\n\xc3\xa4\\", ""), "request=a\\x20rows=9\\x0a\\xc3\\xa4\\x5c");
}

TEST(LogTest, UnknownFormatsAndLevelsAreNamed) {
  EXPECT_THAT(SetUpLog("x", "xml", "info").message(), HasSubstr("expected text or json"));
  EXPECT_THAT(SetUpLog("x", "text", "loud").message(), HasSubstr("\"loud\""));
  EXPECT_TRUE(SetUpLog("x", "text", "off").ok());
}

TEST(DaemonStateTest, WhatOtherMachinesReachNeedsInsistence) {
  Fleet fleet;
  fleet.path = "f.yaml";
  EXPECT_TRUE(CheckExposure(fleet, false).ok());
  fleet.non_loopback = {"gw0.http: 0.0.0.0:80"};
  const Status refused = CheckExposure(fleet, false);
  EXPECT_EQ(refused.code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(refused.message(), HasSubstr("gw0.http: 0.0.0.0:80"));
  EXPECT_THAT(refused.message(), HasSubstr("--insecure"));
  EXPECT_TRUE(CheckExposure(fleet, true).ok());
}

}  // namespace
}  // namespace offramp
