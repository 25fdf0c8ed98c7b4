// The Open Inference Protocol v2 over gRPC, with Triton's additions that clients call, and
// grpc.health.v1, all on a gateway's own loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

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
// Belongs to the loop's thread (before Run or after it: whoever owns the loop) except for Stop.
class OipGrpc {
 public:
  // Listens on "host:port" (port 0: the system chooses) and serves while `loop` runs. kUnavailable
  // names the address when it is taken. `service` must outlive the object, `loop` too; nothing else
  // may listen on that loop, ever. A service that answers on the loop's thread and does so in Infer
  // costs no hand-over.
  static Result<std::unique_ptr<OipGrpc>> Start(const std::string& address,
                                                InferenceService& service, GrpcLoop& loop,
                                                OipGrpcOptions options = {});

  // Cuts every call that is still under way; the service hears no more of them.
  ~OipGrpc();

  // "127.0.0.1:40002": where it listens.
  const std::string& address() const { return address_; }

  // Health becomes NOT_SERVING; idle streams and watchers are sent away.
  void Drain();

  // Drain, and no new call is taken; calls at work may finish for `seconds`, then they are
  // cancelled (through InferenceService::Cancel, and the service must answer every one). Returns
  // when the last call has ended. For another thread than the loop's, which must be running;
  // idempotent.
  void Stop(double seconds);

 private:
  OipGrpc(std::shared_ptr<GrpcServer> server, std::string address);

  const std::shared_ptr<GrpcServer> server_;
  const std::string address_;
};

}  // namespace offramp
