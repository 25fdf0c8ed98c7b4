#include "offramp/gateway/oip_grpc.h"

#include <chrono>
#include <cstdlib>

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "offramp/gateway/grpc_health.h"
#include "offramp/gateway/grpc_server.h"
#include "offramp/gateway/grpc_service.h"

namespace offramp {

OipGrpc::OipGrpc(std::unique_ptr<GrpcLoop> loop, std::shared_ptr<GrpcServer> server,
                 std::string address)
    : loop_(std::move(loop)),
      server_(std::move(server)),
      address_(std::move(address)),
      thread_([this] { loop_->Run(); }) {}

OipGrpc::~OipGrpc() {
  loop_->Post([this] { server_->Silence(); });
  loop_->Stop();
  thread_.join();
  server_->server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
}

Result<std::unique_ptr<OipGrpc>> OipGrpc::Start(const std::string& address,
                                                InferenceService& service, OipGrpcOptions options) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return InvalidArgumentError("gRPC address '" + address + "' is not host:port");
  }
  // protobuf writes a line to standard error for every message that is not UTF-8: a client could
  // fill the disk with them. The client gets an error anyway.
  google::protobuf::SetLogHandler(nullptr);
  // gRPC has its own lines too, such as one for every port in use, of which we make a Status.
  if (std::getenv("GRPC_VERBOSITY") == nullptr && std::getenv("GRPC_TRACE") == nullptr) {
    gpr_set_log_function([](gpr_log_func_args*) {});
  }
  auto loop = std::make_unique<GrpcLoop>();
  const auto server = std::make_shared<GrpcServer>(*loop, service);
  grpc::ServerBuilder& builder = loop->builder();
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
  loop->Retain(server);
  ServeInference(server);
  ServeHealth(server);
  return std::unique_ptr<OipGrpc>(
      new OipGrpc(std::move(loop), server, address.substr(0, colon + 1) + std::to_string(port)));
}

void OipGrpc::Drain() {
  loop_->Post([server = server_] { server->Drain(); });
}

void OipGrpc::Stop(double seconds) {
  Drain();
  server_->server->Shutdown(std::chrono::system_clock::now() +
                            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                std::chrono::duration<double>(seconds)));
  server_->WaitForCalls();
}

}  // namespace offramp
