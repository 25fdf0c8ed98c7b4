// What a node writes of a task: under which names it is found again.
#include "offramp/node/node_metrics.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "offramp/daemon/log.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TaskFrame TaskOf(const std::string& request_id, const std::string& trace_parent) {
  TaskFrame task;
  task.request_id = request_id;
  task.trace_parent = trace_parent;
  task.rows.resize(2);
  return task;
}

// The log lines of `work`.
template <typename Work>
std::string Logged(const std::string& format, Work work) {
  EXPECT_TRUE(SetUpLog("s2-a", format, "info").ok());
  ::testing::internal::CaptureStderr();
  work();
  spdlog::default_logger()->flush();
  return ::testing::internal::GetCapturedStderr();
}

TEST(NodeMetricsTest, ATaskIsLoggedUnderItsRequestIdAndItsTrace) {
  NodeMetrics metrics("s2-a", 2);
  const std::string tag = std::string("request=r1 trace=") + kTrace + " stage=2 rows=2 ";
  EXPECT_THAT(Logged("text", [&] { metrics.OnParcelRun(TaskOf("r1", kTrace), 2, 0.5, 0.25); }),
              HasSubstr("s2-a  " + tag + "queue_s=0.500000 compute_s=0.250000\n"));
  const std::string line = Logged(
      "json", [&] { metrics.OnRefused(TaskOf("r1", kTrace), 2, ResourceExhaustedError("full")); });
  EXPECT_EQ(nlohmann::json::parse(line)["message"], tag + "refused: RESOURCE_EXHAUSTED: full");
}

TEST(NodeMetricsTest, ATraceAloneIsEnoughAndNeitherIsNoLine) {
  NodeMetrics metrics("s2-a", 2);
  EXPECT_THAT(Logged("text", [&] { metrics.OnParcelRun(TaskOf("", kTrace), 2, 0, 0); }),
              HasSubstr(std::string("trace=") + kTrace));
  EXPECT_EQ(Logged("text", [&] { metrics.OnParcelRun(TaskOf("", ""), 2, 0, 0); }), "");
}

}  // namespace
}  // namespace offramp
