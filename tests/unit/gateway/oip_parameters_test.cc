#include "offramp/gateway/oip_parameters.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

StatusCode Apply(std::string_view name, OipParameter value, InferenceRequest& request) {
  return ApplyRequestParameter(name, value, request).code();
}

TEST(OipParameters, EarlyExitIsABoolean) {
  InferenceRequest request;
  EXPECT_EQ(Apply("early_exit", false, request), StatusCode::kOk);
  EXPECT_FALSE(request.early_exit);
  EXPECT_EQ(Apply("early_exit", std::string("false"), request), StatusCode::kInvalidArgument);
  EXPECT_EQ(Apply("early_exit", std::int64_t{1}, request), StatusCode::kInvalidArgument);
}

TEST(OipParameters, TimeoutIsInMicroseconds) {
  InferenceRequest request;
  EXPECT_EQ(Apply("timeout", std::int64_t{0}, request), StatusCode::kOk);
  EXPECT_FALSE(request.timeout_s) << "0 means: the fleet's deadline";
  EXPECT_EQ(Apply("timeout", std::int64_t{2500}, request), StatusCode::kOk);
  EXPECT_DOUBLE_EQ(request.timeout_s.value(), 0.0025);
  EXPECT_EQ(Apply("timeout", std::uint64_t{1000000}, request), StatusCode::kOk);
  EXPECT_DOUBLE_EQ(request.timeout_s.value(), 1.0);
  EXPECT_EQ(Apply("timeout", std::uint64_t{UINT64_MAX}, request), StatusCode::kOk);
  EXPECT_DOUBLE_EQ(request.timeout_s.value(), kMaxTimeoutSeconds);
  EXPECT_EQ(Apply("timeout", std::int64_t{-1}, request), StatusCode::kInvalidArgument);
  EXPECT_EQ(Apply("timeout", 0.5, request), StatusCode::kInvalidArgument);
  EXPECT_EQ(Apply("timeout", std::string("soon"), request), StatusCode::kInvalidArgument);
}

TEST(OipParameters, SequencesAreRefusedAndUnknownNamesIgnored) {
  InferenceRequest request;
  EXPECT_EQ(Apply("sequence_id", std::int64_t{7}, request), StatusCode::kUnimplemented);
  EXPECT_EQ(Apply("sequence_start", true, request), StatusCode::kUnimplemented);
  EXPECT_EQ(Apply("sequence_id", std::int64_t{0}, request), StatusCode::kOk);
  EXPECT_EQ(Apply("sequence_end", false, request), StatusCode::kOk);
  EXPECT_EQ(Apply("priority", std::uint64_t{3}, request), StatusCode::kOk);
  EXPECT_EQ(Apply("triton_anything", std::string("x"), request), StatusCode::kOk);
}

TEST(OipParameters, SharedMemoryAndClassificationAreRefused) {
  EXPECT_EQ(CheckTensorParameter("x", "shared_memory_region", std::string("r")).code(),
            StatusCode::kUnimplemented);
  EXPECT_EQ(CheckTensorParameter("x", "classification", std::int64_t{3}).code(),
            StatusCode::kUnimplemented);
  EXPECT_TRUE(CheckTensorParameter("x", "classification", std::int64_t{0}).ok());
  EXPECT_TRUE(CheckTensorParameter("x", "binary_data", true).ok());
}

TEST(OipParameters, IdsAreBoundedAndFreshOnesDiffer) {
  EXPECT_TRUE(CheckRequestId(std::string(kMaxRequestIdBytes, 'x')).ok());
  EXPECT_FALSE(CheckRequestId(std::string(kMaxRequestIdBytes + 1, 'x')).ok());
  EXPECT_TRUE(IsPlainToken("abc-123"));
  EXPECT_FALSE(IsPlainToken(""));
  EXPECT_FALSE(IsPlainToken("a b"));
  EXPECT_FALSE(IsPlainToken("a\r\nSet-Cookie:x"));
  EXPECT_FALSE(IsPlainToken("\xc3\xa9"));
}

}  // namespace
}  // namespace offramp
