// grpc.health.v1 over an InferenceService: what Kubernetes' gRPC probe and load balancers ask. The
// server ("") and "inference.GRPCInferenceService" serve while the service is ready.
#pragma once

#include <memory>

#include "offramp/gateway/grpc_server.h"

namespace offramp {

// Serves it from now on. Loop thread, once the server is built.
//
// Check answers at once, NOT_FOUND for another name. Watch sends the state at once and each change
// within kHealthWatchPeriod_s; SERVICE_UNKNOWN for another name. When the server drains every state
// is NOT_SERVING, and watchers are told so and sent away.
void ServeHealth(const std::shared_ptr<GrpcServer>& server);

inline constexpr double kHealthWatchPeriod_s = 0.2;

}  // namespace offramp
