#include "offramp/gateway/oip_grpc.h"

#include <chrono>

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "offramp/gateway/grpc_health.h"
#include "offramp/gateway/grpc_service.h"

namespace offramp {

struct OipGrpc::Impl {
  explicit Impl(InferenceService& inference_service)
      : service(inference_service), health(inference_service) {}

  GrpcInferenceService service;
  GrpcHealth health;
  std::unique_ptr<grpc::Server> server;  // last: its calls use the above
};

OipGrpc::OipGrpc(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

OipGrpc::~OipGrpc() { Stop(0); }

Result<std::unique_ptr<OipGrpc>> OipGrpc::Start(const std::string& address,
                                                InferenceService& service, OipGrpcOptions options) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return InvalidArgumentError("gRPC address '" + address + "' is not host:port");
  }
  // protobuf writes a line to standard error for every message that is not UTF-8: a client could
  // fill the disk with them. The client gets an error anyway.
  google::protobuf::SetLogHandler(nullptr);
  auto impl = std::make_unique<Impl>(service);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&impl->service);
  builder.RegisterService(&impl->health);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  builder.SetMaxSendMessageSize(static_cast<int>(options.max_message_bytes));
  builder.SetResourceQuota(grpc::ResourceQuota("gateway").Resize(options.max_buffered_bytes));
  // Two gateways on one port would share its connections silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_calls_per_connection);
  // Clients behind proxies ping to keep connections open; gRPC's default would send them away.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  impl->server = builder.BuildAndStart();
  if (!impl->server || port == 0) {
    return UnavailableError("cannot listen on gRPC address '" + address +
                            "': it is taken, or not an address of this machine");
  }
  std::unique_ptr<OipGrpc> grpc(new OipGrpc(std::move(impl)));
  grpc->address_ = address.substr(0, colon + 1) + std::to_string(port);
  return grpc;
}

void OipGrpc::Stop(double seconds) {
  if (!impl_->server) return;
  impl_->health.Drain();
  impl_->service.Drain();
  const auto deadline = std::chrono::system_clock::now() +
                        std::chrono::duration_cast<std::chrono::system_clock::duration>(
                            std::chrono::duration<double>(seconds));
  impl_->server->Shutdown(deadline);
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace offramp
