#include "offramp/gateway/grpc_health.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace offramp {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

struct GrpcHealth::State {
  explicit State(InferenceService& inference_service) : service(inference_service) {}

  HealthCheckResponse::ServingStatus Of(const std::string& name) const {
    if (!name.empty() && name != "inference.GRPCInferenceService") {
      return HealthCheckResponse::SERVICE_UNKNOWN;
    }
    return !draining && service.ready() ? HealthCheckResponse::SERVING
                                        : HealthCheckResponse::NOT_SERVING;
  }

  // Tells the watchers of changes for as long as there are any, then ends.
  void TickWhileWatched();

  InferenceService& service;
  std::atomic<bool> draining = false;

  std::mutex mutex;  // guards everything below
  std::condition_variable wake;
  std::set<std::shared_ptr<Watcher>> watchers;
  std::thread ticker;
  bool ticking = false;
};

class GrpcHealth::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse>,
                                  public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(std::shared_ptr<State> state, std::string name)
      : state_(std::move(state)), name_(std::move(name)) {}

  // Sends the state if it is another than the last one sent.
  void Tick() {
    const std::lock_guard lock(mutex_);
    if (writing_ || finished_) return;
    const auto status = state_->Of(name_);
    if (!sent_any_ || status != message_.status()) {
      message_.set_status(status);
      sent_any_ = true;
      writing_ = true;
      StartWrite(&message_);
    } else if (state_->draining) {
      End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the gateway is draining"));
    }
  }

  void OnWriteDone(bool ok) override {
    const auto keep = shared_from_this();
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) {
      End(grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone"));
    } else {
      Tick();
    }
  }

  void OnCancel() override {
    const auto keep = shared_from_this();
    const std::lock_guard lock(mutex_);
    End(grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone"));
  }

  void OnDone() override {
    const auto keep = shared_from_this();
    const std::lock_guard lock(state_->mutex);
    state_->watchers.erase(keep);
    state_->wake.notify_all();
  }

 private:
  void End(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  const std::shared_ptr<State> state_;
  const std::string name_;

  // Recursive: gRPC may run the reaction to an operation before the call that starts it returns.
  std::recursive_mutex mutex_;  // guards everything below
  HealthCheckResponse message_;
  bool sent_any_ = false;
  bool writing_ = false;
  bool finished_ = false;
};

void GrpcHealth::State::TickWhileWatched() {
  std::unique_lock lock(mutex);
  while (!watchers.empty()) {
    const std::vector<std::shared_ptr<Watcher>> current(watchers.begin(), watchers.end());
    lock.unlock();
    for (const auto& watcher : current) watcher->Tick();
    lock.lock();
    if (!watchers.empty()) wake.wait_for(lock, std::chrono::duration<double>(kWatchPeriodSeconds));
  }
  ticking = false;
}

GrpcHealth::GrpcHealth(InferenceService& service) : state_(std::make_shared<State>(service)) {}

GrpcHealth::~GrpcHealth() {
  Drain();
  std::thread ticker;
  {
    const std::lock_guard lock(state_->mutex);
    ticker = std::move(state_->ticker);
  }
  if (ticker.joinable()) ticker.join();
}

void GrpcHealth::Drain() {
  state_->draining = true;
  const std::lock_guard lock(state_->mutex);
  state_->wake.notify_all();
}

grpc::ServerUnaryReactor* GrpcHealth::Check(grpc::CallbackServerContext* context,
                                            const HealthCheckRequest* request,
                                            HealthCheckResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto status = state_->Of(request->service());
  response->set_status(status);
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND,
                                 "unknown service '" + request->service().substr(0, 128) + "'"));
  } else {
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* GrpcHealth::Watch(
    grpc::CallbackServerContext* /*context*/, const HealthCheckRequest* request) {
  auto watcher = std::make_shared<Watcher>(state_, request->service());
  {
    const std::lock_guard lock(state_->mutex);
    state_->watchers.insert(watcher);
    if (!state_->ticking) {
      state_->ticking = true;
      // An earlier ticker has nothing left to do but return.
      if (state_->ticker.joinable()) state_->ticker.join();
      state_->ticker = std::thread([state = state_] { state->TickWhileWatched(); });
    }
  }
  watcher->Tick();
  return watcher.get();
}

}  // namespace offramp
