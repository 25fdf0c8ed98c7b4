#include <boost/asio/dispatch.hpp>

#include "offramp/wire/http_session.h"

namespace offramp {

void HttpResponder::Reply(HttpResponse response) const { state_->Reply(std::move(response)); }
void HttpResponder::OnGone(std::function<void()> task) const { state_->OnGone(std::move(task)); }
bool HttpResponder::gone() const { return state_->gone(); }

HttpResponder::State::~State() {
  if (!replied_ && !gone_) {
    Deliver(HttpResponse::Error(500, "the request was dropped without an answer"));
  }
}

void HttpResponder::State::Reply(HttpResponse response) {
  std::function<void()> dropped;  // after the lock: it may own anything
  {
    const std::lock_guard lock(mutex_);
    if (replied_ || gone_) return;
    replied_ = true;
    dropped.swap(on_gone_);
  }
  Deliver(std::move(response));
}

void HttpResponder::State::OnGone(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (replied_) return;
    if (!gone_) {
      on_gone_ = std::move(task);
      return;
    }
  }
  task();
}

bool HttpResponder::State::gone() const {
  const std::lock_guard lock(mutex_);
  return gone_;
}

void HttpResponder::State::SetGone() {
  std::function<void()> task;
  {
    const std::lock_guard lock(mutex_);
    if (replied_ || gone_) return;
    gone_ = true;
    task.swap(on_gone_);
  }
  if (task) task();
}

void HttpResponder::State::Deliver(HttpResponse response) {
  const auto server = server_.lock();
  if (server == nullptr) return;
  // Weak: a reply that a stopped server never looks at must not keep its sessions.
  boost::asio::dispatch(server->io, [session = session_, sequence = sequence_,
                                     response = std::move(response)]() mutable {
    if (const auto alive = session.lock()) alive->OnReply(sequence, std::move(response));
  });
}

}  // namespace offramp
