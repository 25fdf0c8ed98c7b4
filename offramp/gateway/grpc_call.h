// What the unary and the streaming infer calls share: the status on the wire, and what a call's
// context says about a request.
#pragma once

#include <grpcpp/grpcpp.h>

#include "offramp/base/status.h"
#include "offramp/gateway/inference.h"

namespace offramp {

// By the status map; the message is kept.
grpc::Status ToGrpcStatus(const Status& status);

// From the call's metadata and deadline: traceparent, x-request-id (where the message brought no id
// of its own), and a timeout no longer than what is left of the deadline. kDeadlineExceeded when
// nothing is left.
Status ApplyCallContext(const grpc::ServerContext& context, InferenceRequest& request);

// The value of a metadata entry; empty when absent.
std::string_view MetadataValue(const grpc::ServerContext& context, const char* key);

}  // namespace offramp
