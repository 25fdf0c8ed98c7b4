// GrpcLoop: the EventLoop of a daemon, on one gRPC completion queue. Whatever a neighbour sends, a
// timer or another thread's post arrives on the one thread inside Run.
//
// Order of ending: Stop, let Run return, destroy the transports, destroy the loop.
#pragma once

#include <memory>

#include "offramp/wire/event_loop.h"

namespace grpc {
class ServerBuilder;
class ServerCompletionQueue;
}  // namespace grpc

namespace offramp {

class GrpcLoop final : public EventLoop {
 public:
  // Somebody who waits for a gRPC operation on queue(): the tag of that operation. Must live until
  // OnDone, which runs on the loop's thread (in the loop's destructor for what comes back late).
  class Operation {
   public:
    virtual void OnDone(bool ok) = 0;

   protected:
    ~Operation() = default;
  };

  GrpcLoop();

  // Waits for the operations that are under way; transports must be gone by now, for they cancel
  // theirs. Timers and posted tasks that did not run are dropped.
  ~GrpcLoop() override;

  // Makes the caller the loop's thread until Stop. Once only. Blocks without polling: an idle loop
  // wakes for its timers alone. RunAt is due within about 1 ms (gRPC's own wait counts whole ones),
  // RunAtExactly within about 0.1 ms.
  void Run();

  // Lets Run return after the tasks posted before; timers not yet due are dropped. Thread-safe,
  // idempotent, and may come before Run.
  void Stop();

  // The caller is inside Run: what it would post may as well run at once. Thread-safe.
  bool OnLoopThread() const;

  // EventLoop. The clock is the machine's steady clock. Before Run starts, whoever sets the daemon
  // up counts as the loop's thread.
  double NowSeconds() const override;
  bool Post(Task task) override;
  TimerId RunAt(double when_s, Task task) override;
  TimerId RunAtExactly(double when_s, Task task) override;
  void Cancel(TimerId id) override;

  // Where operations are started; their tag is an Operation*. Loop thread only.
  grpc::ServerCompletionQueue* queue();

  // The builder that queue() belongs to: a server that shall use the queue must come from it.
  grpc::ServerBuilder& builder();

  // Keeps `what` until every operation is back: a server, whose own operations refer to it.
  void Retain(std::shared_ptr<const void> what);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offramp
