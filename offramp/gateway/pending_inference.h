// PendingInference: one request between a front end and the service, so that a client that goes
// away at any moment, even before Infer has returned its id, cancels it exactly once.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "offramp/gateway/inference.h"

namespace offramp {

// Thread-safe. Held by shared_ptr: the front end's "gone" callback and the service's `done` may
// each be the last to need it.
class PendingInference : public std::enable_shared_from_this<PendingInference> {
 public:
  // `service` must outlive the call.
  explicit PendingInference(InferenceService& service) : service_(service) {}

  // Calls service.Infer; `done` runs exactly once, as InferenceService::Infer says.
  void Start(InferenceRequest request, InferenceService::Done done) {
    auto self = shared_from_this();
    const InferenceService::RequestId id =
        service_.Infer(std::move(request), [self, done = std::move(done)](InferenceReply reply) {
          {
            const std::lock_guard lock(self->mutex_);
            self->finished_ = true;
          }
          done(std::move(reply));
        });
    bool cancel_now = false;
    {
      const std::lock_guard lock(mutex_);
      id_ = id;
      cancel_now = gone_ && !finished_;
    }
    if (cancel_now) service_.Cancel(id);
  }

  // The client is gone. Idempotent; without effect once the request is answered.
  void Cancel() {
    InferenceService::RequestId id = 0;
    {
      const std::lock_guard lock(mutex_);
      if (gone_ || finished_) return;
      gone_ = true;
      id = id_;
    }
    if (id != 0) service_.Cancel(id);
  }

 private:
  InferenceService& service_;
  std::mutex mutex_;
  InferenceService::RequestId id_ = 0;  // guarded by mutex_, like all below; 0: not started yet
  bool gone_ = false;
  bool finished_ = false;
};

}  // namespace offramp
