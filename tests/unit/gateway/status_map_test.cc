#include "offramp/gateway/status_map.h"

#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

std::string GrpcName(int code) {
  static const std::map<int, std::string> names = {
      {grpc::OK, "OK"},
      {grpc::CANCELLED, "CANCELLED"},
      {grpc::INVALID_ARGUMENT, "INVALID_ARGUMENT"},
      {grpc::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"},
      {grpc::NOT_FOUND, "NOT_FOUND"},
      {grpc::ALREADY_EXISTS, "ALREADY_EXISTS"},
      {grpc::PERMISSION_DENIED, "PERMISSION_DENIED"},
      {grpc::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"},
      {grpc::FAILED_PRECONDITION, "FAILED_PRECONDITION"},
      {grpc::UNIMPLEMENTED, "UNIMPLEMENTED"},
      {grpc::INTERNAL, "INTERNAL"},
      {grpc::UNAVAILABLE, "UNAVAILABLE"}};
  const auto found = names.find(code);
  return found == names.end() ? "unknown" : found->second;
}

TEST(StatusMap, EveryCodeHasItsGrpcNamesake) {
  for (int i = 0; i < kStatusCodeCount; ++i) {
    const auto code = static_cast<StatusCode>(i);
    EXPECT_EQ(GrpcName(GrpcStatusOf(code)), StatusCodeName(code));
    EXPECT_STRNE(MappingOf(code).why, "");
  }
}

TEST(StatusMap, EveryCodeHasTheHttpStatusThatClientsKnow) {
  const std::map<StatusCode, int> expected = {{StatusCode::kOk, 200},
                                              {StatusCode::kCancelled, 400},
                                              {StatusCode::kInvalidArgument, 400},
                                              {StatusCode::kDeadlineExceeded, 504},
                                              {StatusCode::kNotFound, 404},
                                              {StatusCode::kAlreadyExists, 400},
                                              {StatusCode::kPermissionDenied, 403},
                                              {StatusCode::kResourceExhausted, 503},
                                              {StatusCode::kFailedPrecondition, 400},
                                              {StatusCode::kUnimplemented, 501},
                                              {StatusCode::kInternal, 500},
                                              {StatusCode::kUnavailable, 503}};
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kStatusCodeCount));
  for (const auto& [code, http] : expected) {
    EXPECT_EQ(HttpStatusOf(code), http) << StatusCodeName(code);
  }
}

}  // namespace
}  // namespace offramp
