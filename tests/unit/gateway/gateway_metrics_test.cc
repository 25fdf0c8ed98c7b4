// What a gateway writes of a request: under which names it is found again.
#include "offramp/gateway/gateway_metrics.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "offramp/daemon/log.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

std::string LoggedReply(const InferenceRequest& request, const InferenceReply& reply) {
  GatewayMetrics metrics("gw0");
  EXPECT_TRUE(SetUpLog("gw0", "text", "info").ok());
  ::testing::internal::CaptureStderr();
  metrics.OnReply(request, 1, reply);
  spdlog::default_logger()->flush();
  return ::testing::internal::GetCapturedStderr();
}

TEST(GatewayMetricsTest, ARequestIsLoggedUnderItsIdAndItsTrace) {
  InferenceRequest request;
  request.id = "r1";
  request.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  InferenceReply reply;
  reply.rows = {{2, 0.9F}};
  reply.path = "s1-a,s2-a";
  EXPECT_THAT(LoggedReply(request, reply),
              HasSubstr("request=r1 trace=" + request.trace_parent +
                        " rows=1 total_s=0.000000 path=s1-a,s2-a OK\n"));
  request.id.clear();
  reply.status = UnavailableError("overload");
  EXPECT_THAT(LoggedReply(request, reply), HasSubstr("  trace=" + request.trace_parent));
}

TEST(GatewayMetricsTest, WhoGaveNeitherIsCountedOnly) {
  InferenceReply reply;
  reply.status = UnavailableError("overload");
  EXPECT_EQ(LoggedReply({}, reply), "");
}

}  // namespace
}  // namespace offramp
