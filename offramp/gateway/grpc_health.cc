#include "offramp/gateway/grpc_health.h"

#include <string>
#include <utility>

#include "offramp/gateway/grpc_unary.h"

namespace offramp {

namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Health = grpc::health::v1::Health::AsyncService;

HealthCheckResponse::ServingStatus StateOf(GrpcServer& server, const std::string& name) {
  if (!name.empty() && name != "inference.GRPCInferenceService") {
    return HealthCheckResponse::SERVICE_UNKNOWN;
  }
  return !server.draining() && server.service().ready() ? HealthCheckResponse::SERVING
                                                        : HealthCheckResponse::NOT_SERVING;
}

Status Check(GrpcServer& server, const HealthCheckRequest& request, HealthCheckResponse& response) {
  response.set_status(StateOf(server, request.service()));
  if (response.status() == HealthCheckResponse::SERVICE_UNKNOWN) {
    return NotFoundError("unknown service '" + request.service().substr(0, 128) + "'");
  }
  return OkStatus();
}

class Watcher final : public GrpcCall {
 public:
  explicit Watcher(std::shared_ptr<GrpcServer> shared)
      : GrpcCall(std::move(shared)),
        writer_(&context()),
        write_op_(this, [this](bool ok) { OnWritten(ok); }),
        finish_op_(this, [](bool) {}) {}

  void Drain() override { Look(); }

 protected:
  void Request(void* tag) override {
    server().health.RequestWatch(&context(), &request_, &writer_, server().queue(),
                                 server().queue(), tag);
  }

  std::shared_ptr<GrpcCall> Another() const override {
    return std::make_shared<Watcher>(shared_server());
  }

  void Begin() override {
    server().AddOpen(shared_from_this());
    Tick();
  }

  void OnOver() override {
    server().RemoveOpen(shared_from_this());
    gone_ = true;
    Look();
  }

 private:
  void Tick() {
    Look();
    if (finished_) return;
    GrpcLoop& loop = server().loop();
    loop.RunAfter(kHealthWatchPeriod_s, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) std::static_pointer_cast<Watcher>(self)->Tick();
    });
  }

  // Sends the state if it is another than the last one sent.
  void Look() {
    if (writing_ || finished_) return;
    if (gone_) return End({grpc::StatusCode::CANCELLED, "the client is gone"});
    const auto state = StateOf(server(), request_.service());
    if (!sent_any_ || state != sent_.status()) {
      sent_.set_status(state);
      sent_any_ = true;
      writing_ = true;
      writer_.Write(sent_, write_op_.Start());
    } else if (server().draining()) {
      End({grpc::StatusCode::UNAVAILABLE, "the gateway is draining"});
    }
  }

  void OnWritten(bool ok) {
    writing_ = false;
    if (!ok) gone_ = true;
    Look();
  }

  void End(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    writer_.Finish(status, finish_op_.Start());
  }

  HealthCheckRequest request_;
  grpc::ServerAsyncWriter<HealthCheckResponse> writer_;
  Op write_op_;
  Op finish_op_;
  HealthCheckResponse sent_;
  bool sent_any_ = false;
  bool writing_ = false;
  bool gone_ = false;
  bool finished_ = false;
};

}  // namespace

void ServeHealth(const std::shared_ptr<GrpcServer>& server) {
  ServeUnary(server, server->health, &Health::RequestCheck, &Check);
  std::make_shared<Watcher>(server)->Ask();
}

}  // namespace offramp
