// ModelStreamInfer: many requests and replies on one call. Replies go out in the order in which
// they are ready, told apart by their ids; a request that fails is answered with error_message and
// the stream goes on.
#pragma once

#include <memory>

#include "offramp/gateway/grpc_server.h"

namespace offramp {

// Serves them from now on. Loop thread, once the server is built. When the server drains, a stream
// takes no more requests and ends once its answers are out.
void ServeInferStreams(const std::shared_ptr<GrpcServer>& server);

}  // namespace offramp
