// grpc.health.v1 over an InferenceService: what Kubernetes' gRPC probe and load balancers ask. The
// server ("") and "inference.GRPCInferenceService" serve while the service is ready.
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>

#include "offramp/gateway/inference.h"

#include "inference/health.grpc.pb.h"

namespace offramp {

// Check answers at once, NOT_FOUND for another name. Watch sends the state at once and each change
// within kWatchPeriodSeconds; SERVICE_UNKNOWN for another name. Thread-safe.
class GrpcHealth final : public grpc::health::v1::Health::CallbackService {
 public:
  static constexpr double kWatchPeriodSeconds = 0.2;

  // `service` must outlive the object.
  explicit GrpcHealth(InferenceService& service);
  ~GrpcHealth() override;

  // From now on every state is NOT_SERVING, and watchers are told so and sent away. Idempotent.
  void Drain();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  struct State;
  class Watcher;
  std::shared_ptr<State> state_;
};

}  // namespace offramp
