#include "offramp/gateway/oip_grpc.h"

#include <chrono>

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "offramp/gateway/grpc_health.h"
#include "offramp/gateway/grpc_server.h"
#include "offramp/gateway/grpc_service.h"

namespace offramp {

OipGrpc::OipGrpc(std::shared_ptr<GrpcServer> server, std::string address)
    : server_(std::move(server)), address_(std::move(address)) {}

OipGrpc::~OipGrpc() {
  server_->Silence();
  server_->server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
}

Result<std::unique_ptr<OipGrpc>> OipGrpc::Start(const std::string& address,
                                                InferenceService& service, GrpcLoop& loop,
                                                OipGrpcOptions options) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return InvalidArgumentError("gRPC address '" + address + "' is not host:port");
  }
  // protobuf writes a line to standard error for every message that is not UTF-8: a client could
  // fill the disk with them. The client gets an error anyway.
  google::protobuf::SetLogHandler(nullptr);
  const auto server = std::make_shared<GrpcServer>(loop, service);
  grpc::ServerBuilder& builder = loop.builder();
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&server->oip);
  builder.RegisterService(&server->health);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  builder.SetMaxSendMessageSize(static_cast<int>(options.max_message_bytes));
  builder.SetResourceQuota(grpc::ResourceQuota("gateway").Resize(options.max_buffered_bytes));
  // Two gateways on one port would share its connections silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_calls_per_connection);
  // Clients behind proxies ping to keep connections open; gRPC's default would send them away.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  server->server = builder.BuildAndStart();
  if (!server->server || port == 0) {
    return UnavailableError("cannot listen on gRPC address '" + address +
                            "': it is taken, or not an address of this machine");
  }
  loop.Retain(server);
  ServeInference(server);
  ServeHealth(server);
  return std::unique_ptr<OipGrpc>(
      new OipGrpc(server, address.substr(0, colon + 1) + std::to_string(port)));
}

void OipGrpc::Drain() { server_->Drain(); }

void OipGrpc::Stop(double seconds) {
  server_->loop().Post([server = server_] { server->Drain(); });
  server_->server->Shutdown(std::chrono::system_clock::now() +
                            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                std::chrono::duration<double>(seconds)));
  server_->WaitForCalls();
}

}  // namespace offramp
