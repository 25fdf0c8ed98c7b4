// What the gRPC front end's calls share. gRPC's callback API would bring threads that wait on the
// loop's own sockets, and every event would wake one thread too many: so all calls are asynchronous
// operations on the loop's completion queue.
//
// A call object asks gRPC for one client's call; when that has come it makes the next object, so
// that one of each kind always waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "offramp/gateway/grpc_loop.h"
#include "offramp/gateway/inference.h"

#include "inference/health.grpc.pb.h"
#include "inference/open_inference_grpc.grpc.pb.h"

namespace offramp {

class GrpcCall;

// One server. Loop thread only, where nothing else is said. Held by its calls and by the loop,
// since gRPC's own operations refer to it until the queue is empty.
class GrpcServer {
 public:
  // Both must outlive every call that is not silenced.
  GrpcServer(GrpcLoop& loop, InferenceService& service) : loop_(loop), service_(service) {}

  GrpcLoop& loop() { return loop_; }
  InferenceService& service() { return service_; }
  grpc::ServerCompletionQueue* queue() { return loop_.queue(); }

  // Calls that stay open by themselves (streams, watchers) end, and so do new ones of the kind.
  void Drain();
  bool draining() const { return draining_; }

  // From here on the service is not called any more: it may go. Before or after Run.
  void Silence();

  // Those that Drain tells.
  void AddOpen(std::shared_ptr<GrpcCall> call) { open_.insert(std::move(call)); }
  void RemoveOpen(const std::shared_ptr<GrpcCall>& call) { open_.erase(call); }

  // Waits until no call object is left. Another thread's, while the loop runs.
  void WaitForCalls();

  inference::GRPCInferenceService::AsyncService oip;
  grpc::health::v1::Health::AsyncService health;
  std::unique_ptr<grpc::Server> server;  // after the services, which it uses

 private:
  friend class GrpcCall;

  GrpcLoop& loop_;
  InferenceService& service_;
  bool draining_ = false;
  bool silenced_ = false;
  std::set<std::shared_ptr<GrpcCall>> open_;

  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t calls_ = 0;  // guarded by mutex_
};

// One call, held by its operations under way, by the inference at work, and while it is open.
class GrpcCall : public std::enable_shared_from_this<GrpcCall> {
 public:
  GrpcCall(const GrpcCall&) = delete;
  GrpcCall& operator=(const GrpcCall&) = delete;
  virtual ~GrpcCall() = default;

  // Asks gRPC for the next call of this kind.
  void Ask();

  // The server drains; for those that AddOpen knows.
  virtual void Drain() {}

 protected:
  // A kind of operation, at most one of it under way. It keeps the call alive meanwhile.
  class Op final : public GrpcLoop::Operation {
   public:
    Op(GrpcCall* call, std::function<void(bool ok)> done) : call_(call), done_(std::move(done)) {}

    void* Start();                      // the tag for gRPC
    void Forget() { keep_ = nullptr; }  // started, but gRPC will not bring it back
    void OnDone(bool ok) override;

   private:
    GrpcCall* const call_;
    const std::function<void(bool)> done_;  // not when silenced: no operation may follow
    std::shared_ptr<GrpcCall> keep_;
  };

  explicit GrpcCall(std::shared_ptr<GrpcServer> server);

  // The generated RequestX for this object, with `tag`.
  virtual void Request(void* tag) = 0;
  // Another object of this kind.
  virtual std::shared_ptr<GrpcCall> Another() const = 0;
  // The client's call has come.
  virtual void Begin() = 0;
  // The call is over: ended by us, cancelled, or its client is gone.
  virtual void OnOver() {}

  grpc::ServerContext& context() { return context_; }
  GrpcServer& server() { return *server_; }
  const std::shared_ptr<GrpcServer>& shared_server() const { return server_; }

  // Runs `task` on the loop: at once if this is its thread. Not when silenced. Thread-safe.
  template <typename Task>
  void OnLoop(Task task) {
    if (!server_->loop().OnLoopThread()) {
      server_->loop().Post([keep = shared_from_this(), task = std::move(task)]() mutable {
        if (!keep->server_->silenced_) task();
      });
    } else if (!server_->silenced_) {
      task();
    }
  }

 private:
  void OnRequested(bool ok);

  // Among calls_ for as long as gRPC's part of the call lives.
  class Counted {
   public:
    explicit Counted(GrpcServer& server);
    ~Counted();

   private:
    GrpcServer& server_;
  };

  const std::shared_ptr<GrpcServer> server_;
  const Counted counted_;
  grpc::ServerContext context_;
  Op request_op_;
  Op over_op_;
};

}  // namespace offramp
