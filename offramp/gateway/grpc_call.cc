#include "offramp/gateway/grpc_call.h"

#include <algorithm>
#include <chrono>

#include "offramp/gateway/oip_parameters.h"
#include "offramp/gateway/status_map.h"

namespace offramp {

namespace {
// A message travels in the trailers, and clients give up on trailers beyond 8 kB: the code would be
// lost with it.
constexpr std::size_t kMaxMessageBytes = 1024;
}  // namespace

grpc::Status ToGrpcStatus(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(GrpcStatusOf(status.code())),
          status.message().substr(0, kMaxMessageBytes)};
}

std::string_view MetadataValue(const grpc::ServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

Status ApplyCallContext(const grpc::ServerContext& context, InferenceRequest& request) {
  const std::string_view trace_parent = MetadataValue(context, "traceparent");
  if (IsPlainToken(trace_parent)) request.trace_parent = trace_parent;
  if (request.id.empty()) {
    const std::string_view id = MetadataValue(context, "x-request-id");
    if (IsPlainToken(id)) request.id = id;
  }
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return OkStatus();
  const std::chrono::duration<double> left = deadline - std::chrono::system_clock::now();
  if (left.count() <= 0) return DeadlineExceededError("the call's deadline has passed");
  request.timeout_s =
      std::min({request.timeout_s.value_or(kMaxTimeoutSeconds), left.count(), kMaxTimeoutSeconds});
  return OkStatus();
}

}  // namespace offramp
