// The calls of inference.GRPCInferenceService, each a translation to and from InferenceService.
#pragma once

#include <memory>

#include "offramp/gateway/grpc_server.h"

namespace offramp {

// Serves all of them from now on. Loop thread, once the server is built.
void ServeInference(const std::shared_ptr<GrpcServer>& server);

// Its parts: ModelInfer, and the calls about server and model.
void ServeInfer(const std::shared_ptr<GrpcServer>& server);
void ServeModelCalls(const std::shared_ptr<GrpcServer>& server);

}  // namespace offramp
