#include "offramp/wire/grpc_transport.h"

#include <algorithm>
#include <string_view>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "offramp/base/check.h"
#include "offramp/base/text.h"
#include "offramp/wire/grpc_stream.h"

#include "offramp/v1/node.grpc.pb.h"

namespace offramp {

namespace {

using internal::GrpcStream;
using internal::GrpcTransportState;

// Raw: the generated code shall not touch the frames.
using PeerService = v1::Peer::WithRawMethod_Connect<v1::Peer::Service>;

constexpr char kMethod[] = "/offramp.v1.Peer/Connect";

// "ipv4:127.0.0.1:40321" and "ipv6:%5B::1%5D:40321" without scheme and escapes.
std::string PlainPeer(std::string_view peer) {
  const std::size_t colon = peer.find(':');
  std::string plain(colon == std::string_view::npos ? peer : peer.substr(colon + 1));
  for (const auto& [escape, text] : {std::pair("%5B", "["), std::pair("%5D", "]")}) {
    const std::size_t at = plain.find(escape);
    if (at != std::string::npos) plain.replace(at, 3, text);
  }
  return plain;
}

// Numeric addresses need no resolver.
std::string Target(const std::string& address) {
  if (address.starts_with('[')) return "ipv6:" + address;
  const bool numeric = address.find_first_not_of("0123456789.:") == std::string::npos;
  return (numeric ? "ipv4:" : "dns:///") + address;
}

// Why a stream ended, for the one who opened it.
Status ClosedBecause(const grpc::Status& status, GrpcTransportCounters* counters) {
  const std::string& text = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return UnavailableError("the peer closed the connection");
    case grpc::StatusCode::UNIMPLEMENTED:
      return UnimplementedError("the peer is no Offramp node: " + text);
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      ++counters->oversize_frames;
      return ResourceExhaustedError(text);
    case grpc::StatusCode::INVALID_ARGUMENT:
      return UnavailableError("the peer refused a frame: " + text);
    default:
      return UnavailableError(text.empty() ? "the connection broke" : text);
  }
}

// Ours, taken up by the peer's Accept.
class ServerStream final : public GrpcStream {
 public:
  ServerStream(std::shared_ptr<GrpcTransportState> state, PeerService* service)
      : GrpcStream(std::move(state), ""),
        service_(service),
        stream_(&context_),
        request_op_(this, [this](bool ok) { OnRequest(ok); }),
        finish_op_(this, [](bool) {}) {}

  ~ServerStream() override {
    if (counted_) --state().accepted_now;
  }

  void Request() {
    grpc::ServerCompletionQueue* queue = state().loop->queue();
    service_->RequestConnect(&context_, &stream_, queue, queue, request_op_.Start());
  }

 protected:
  void StartRead(grpc::ByteBuffer* buffer, void* tag) override { stream_.Read(buffer, tag); }
  void StartWrite(const grpc::ByteBuffer& buffer, void* tag) override {
    stream_.Write(buffer, tag);
  }
  void StartEnd(const grpc::Status& status) override { stream_.Finish(status, finish_op_.Start()); }
  void Cancel() override {
    if (called_) context_.TryCancel();
  }

  void OnReadEnd() override {
    End(grpc::Status::OK);
    ReportClosed(UnavailableError("the peer closed the connection"));
  }

  // Finish is all it needs.
  bool reads_while_ending() const override { return false; }

 private:
  void OnRequest(bool ok) {
    if (!ok || silenced()) return;  // the server shuts down
    called_ = true;
    std::make_shared<ServerStream>(shared_state(), service_)->Request();
    set_peer(PlainPeer(context_.peer()));
    const auto refuse = [this](const char* why) {
      ++state().counters.refused;
      End({grpc::StatusCode::UNAVAILABLE, why});
    };
    if (!state().accept) return refuse("not accepting connections");
    if (state().accepted_now >= state().options.max_accepted) return refuse("too many connections");
    counted_ = true;
    ++state().accepted_now;
    Open();
    set_goodbye({grpc::StatusCode::UNAVAILABLE, "connection refused"});
    const auto accept = state().accept;  // it may stop listening, or even destroy the transport
    ConnectionHandler* handler = accept(MakeConnection(nullptr));
    if (handler == nullptr || !has_connection()) return refuse("connection refused");
    ++state().counters.accepted;
    set_goodbye(grpc::Status::OK);
    set_handler(handler);
    ReadNext();
  }

  PeerService* const service_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_;
  Op request_op_;
  Op finish_op_;
  bool called_ = false;
  bool counted_ = false;
};

// Ours, taken up by Connect. Has a channel of its own, so that nothing of an earlier attempt
// (back-off, a half-dead connection) is shared.
class ClientStream final : public GrpcStream {
 public:
  ClientStream(std::shared_ptr<GrpcTransportState> state, const std::string& address)
      : GrpcStream(std::move(state), address),
        start_op_(this, [this](bool ok) { OnStart(ok); }),
        end_op_(this, [](bool) {}),
        finish_op_(this, [this](bool) { OnFinish(); }) {}

  void Start() {
    const GrpcTransportOptions& options = state().options;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    // Also the least time that gRPC gives one attempt, so not the 100 ms one would like.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                     static_cast<int>(options.connect_timeout_s * 1000));
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    arguments.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
    arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_frame_bytes));
    arguments.SetMaxSendMessageSize(-1);  // Send has looked
    channel_ =
        grpc::CreateCustomChannel(Target(peer()), grpc::InsecureChannelCredentials(), arguments);
    stream_ = grpc::GenericStub(channel_).PrepareCall(&context_, kMethod, state().loop->queue());
    stream_->StartCall(start_op_.Start());
    EventLoop* const loop = state().loop;
    loop->RunAt(loop->NowSeconds() + options.connect_timeout_s, [weak = weak_from_this()] {
      const auto self = std::static_pointer_cast<ClientStream>(weak.lock());
      if (self == nullptr || self->phase() != Phase::kOpening) return;
      self->Abort();
      self->ReportClosed(UnavailableError("no answer while connecting"));
    });
  }

 protected:
  void StartRead(grpc::ByteBuffer* buffer, void* tag) override { stream_->Read(buffer, tag); }
  void StartWrite(const grpc::ByteBuffer& buffer, void* tag) override {
    stream_->Write(buffer, tag);
  }
  // A client cannot say why.
  void StartEnd(const grpc::Status& status) override {
    if (status.ok()) {
      stream_->WritesDone(end_op_.Start());
    } else {
      Cancel();
    }
  }
  void Cancel() override { context_.TryCancel(); }
  void OnReadEnd() override { stream_->Finish(&status_, finish_op_.Start()); }
  bool reads_while_ending() const override { return true; }

 private:
  void OnStart(bool ok) {
    if (silenced()) return;
    if (!ok) return OnReadEnd();
    if (phase() == Phase::kOpening) Open();
    ReadNext();
  }

  void OnFinish() {
    if (silenced()) return;
    Status why = ClosedBecause(status_, &state().counters);
    Abort();
    ReportClosed(std::move(why));
  }

  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::Status status_;
  Op start_op_;
  Op end_op_;
  Op finish_op_;
};

}  // namespace

class GrpcTransport::Impl {
 public:
  Impl(GrpcLoop* loop, const GrpcTransportOptions& options)
      : state_(std::make_shared<GrpcTransportState>(loop, options)) {}

  ~Impl() {
    state_->accept = nullptr;
    // Silencing may destroy streams, which leave the set.
    std::vector<std::shared_ptr<GrpcStream>> streams;
    for (GrpcStream* stream : state_->streams) streams.push_back(stream->shared_from_this());
    for (const auto& stream : streams) stream->Silence();
    if (server_) server_->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
  }

  Result<std::string> Listen(const std::string& address, Accept accept) {
    if (service_) return FailedPreconditionError("listening already");
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0) {
      return InvalidArgumentError("\"" + address + "\" is no address; expected host:port");
    }
    service_ = std::make_shared<PeerService>();
    const GrpcTransportOptions& options = state_->options;
    grpc::ServerBuilder& builder = state_->loop->builder();
    int port = 0;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_frame_bytes));
    builder.SetMaxSendMessageSize(-1);
    // Two processes on one port would share the tasks.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    // A neighbour needs one stream; strangers shall not hold memory by streams or silence.
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4);
    builder.SetResourceQuota(
        grpc::ResourceQuota("peers").Resize(static_cast<std::size_t>(options.max_buffered_bytes)));
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 10000);
    builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
    server_ = std::shared_ptr<grpc::Server>(builder.BuildAndStart());
    if (server_ == nullptr || port <= 0) {
      return UnavailableError("cannot listen on " + address +
                              ": in use, or no address of this machine");
    }
    state_->loop->Retain(service_);
    state_->loop->Retain(server_);
    state_->accept = std::move(accept);
    std::make_shared<ServerStream>(state_, service_.get())->Request();
    return address.substr(0, colon + 1) + std::to_string(port);
  }

  std::unique_ptr<Connection> Connect(const std::string& address, ConnectionHandler* handler) {
    ++state_->counters.connects;
    const auto stream = std::make_shared<ClientStream>(state_, address);
    auto connection = stream->MakeConnection(handler);
    stream->Start();
    return connection;
  }

  GrpcTransportState& state() { return *state_; }

 private:
  const std::shared_ptr<GrpcTransportState> state_;
  std::shared_ptr<PeerService> service_;
  std::shared_ptr<grpc::Server> server_;
};

GrpcTransport::GrpcTransport(GrpcLoop* loop, GrpcTransportOptions options)
    : impl_(std::make_unique<Impl>(loop, options)) {}
GrpcTransport::~GrpcTransport() = default;

Result<std::string> GrpcTransport::Listen(const std::string& address, Accept accept) {
  return impl_->Listen(address, std::move(accept));
}

void GrpcTransport::StopListening() { impl_->state().accept = nullptr; }

std::unique_ptr<Connection> GrpcTransport::Connect(const std::string& address,
                                                   ConnectionHandler* handler) {
  return impl_->Connect(address, handler);
}

const GrpcTransportCounters& GrpcTransport::counters() const { return impl_->state().counters; }

}  // namespace offramp
