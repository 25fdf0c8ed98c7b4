#include "offramp/gateway/grpc_server.h"

#include <vector>

namespace offramp {

void GrpcServer::Drain() {
  draining_ = true;
  const std::vector<std::shared_ptr<GrpcCall>> open(open_.begin(), open_.end());
  for (const auto& call : open) call->Drain();
}

void GrpcServer::WaitForCalls() {
  std::unique_lock lock(mutex_);
  none_left_.wait(lock, [this] { return calls_ == 0; });
}

void GrpcServer::Silence() {
  silenced_ = true;
  open_.clear();
}

void* GrpcCall::Op::Start() {
  keep_ = call_->shared_from_this();
  return static_cast<GrpcLoop::Operation*>(this);
}

void GrpcCall::Op::OnDone(bool ok) {
  const auto keep = std::move(keep_);
  // A call that never came brings no end either.
  if (this == &call_->request_op_ && !ok) call_->over_op_.Forget();
  if (!call_->server_->silenced_) done_(ok);
}

GrpcCall::Counted::Counted(GrpcServer& server) : server_(server) {
  const std::lock_guard lock(server_.mutex_);
  ++server_.calls_;
}

GrpcCall::Counted::~Counted() {
  const std::lock_guard lock(server_.mutex_);
  if (--server_.calls_ == 0) server_.none_left_.notify_all();
}

GrpcCall::GrpcCall(std::shared_ptr<GrpcServer> server)
    : server_(std::move(server)),
      counted_(*server_),
      request_op_(this, [this](bool ok) { OnRequested(ok); }),
      over_op_(this, [this](bool) { OnOver(); }) {}

void GrpcCall::Ask() {
  context_.AsyncNotifyWhenDone(over_op_.Start());
  Request(request_op_.Start());
}

void GrpcCall::OnRequested(bool ok) {
  if (!ok) return;  // the server shuts down
  Another()->Ask();
  Begin();
}

}  // namespace offramp
