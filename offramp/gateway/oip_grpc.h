// The Open Inference Protocol v2 over gRPC, with Triton's additions that clients call, and
// grpc.health.v1, on one thread of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "offramp/base/result.h"
#include "offramp/gateway/inference.h"

namespace offramp {

class GrpcLoop;
class GrpcServer;

struct OipGrpcOptions {
  // Of a request or reply; gRPC's default of 4 MiB is too small for images. Beyond:
  // RESOURCE_EXHAUSTED.
  std::size_t max_message_bytes = (std::size_t{64} << 20) + (std::size_t{1} << 20);
  // Of all messages that are being received at once; beyond, connections are slowed down.
  std::size_t max_buffered_bytes = std::size_t{512} << 20;
  // Calls at once on one connection; beyond, they wait in the client.
  int max_calls_per_connection = 1024;
};

// A client that cancels or goes away has its tasks cancelled; the call's deadline shrinks the
// request's timeout. An overloaded reply carries grpc-retry-pushback-ms in its trailing metadata.
//
// Thread-safe except for its end.
class OipGrpc {
 public:
  // Listens on "host:port" (port 0: the system chooses) and serves. kUnavailable names the address
  // when it is taken. `service` must outlive the object.
  static Result<std::unique_ptr<OipGrpc>> Start(const std::string& address,
                                                InferenceService& service,
                                                OipGrpcOptions options = {});

  // Cuts every call that is still under way: the service hears no more of them, and must not answer
  // them from here on.
  ~OipGrpc();

  // "127.0.0.1:40002": where it listens.
  const std::string& address() const { return address_; }

  // Health becomes NOT_SERVING; idle streams and watchers are sent away.
  void Drain();

  // Drain, and no new call is taken; calls at work may finish for `seconds`, then they are
  // cancelled (through InferenceService::Cancel, and the service must answer every one). Returns
  // when the last call has ended. Idempotent.
  void Stop(double seconds);

 private:
  OipGrpc(std::unique_ptr<GrpcLoop> loop, std::shared_ptr<GrpcServer> server, std::string address);

  const std::unique_ptr<GrpcLoop> loop_;
  const std::shared_ptr<GrpcServer> server_;
  const std::string address_;
  std::thread thread_;
};

}  // namespace offramp
