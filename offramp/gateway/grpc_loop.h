// GrpcLoop: the gRPC front end's thread, on one completion queue. Calls, posts from other threads
// and timers arrive there.
//
// Order of ending: shut the server down, Stop, let Run return, destroy the loop.
#pragma once

#include <functional>
#include <memory>

namespace grpc {
class ServerBuilder;
class ServerCompletionQueue;
}  // namespace grpc

namespace offramp {

class GrpcLoop {
 public:
  using Task = std::function<void()>;

  // Somebody who waits for a gRPC operation on queue(): the tag of that operation. Must live until
  // OnDone, which runs on the loop's thread (in the loop's destructor for what comes back late).
  class Operation {
   public:
    virtual void OnDone(bool ok) = 0;

   protected:
    ~Operation() = default;
  };

  GrpcLoop();

  // Waits for the operations that are under way. Timers and posted tasks that did not run are
  // dropped.
  ~GrpcLoop();

  // Makes the caller the loop's thread until Stop. Once only. Blocks without polling.
  void Run();

  // Lets Run return after the tasks posted before; timers not yet due are dropped. Thread-safe,
  // idempotent, and may come before Run.
  void Stop();

  // The caller is inside Run: what it would post may as well run at once. Thread-safe.
  bool OnLoopThread() const;

  // Runs `task` on the loop soon, in order of posting. Thread-safe; false once the loop is stopped
  // (the task is dropped).
  bool Post(Task task);

  // Runs `task` on the loop in `seconds`, or a millisecond or two later: gRPC's own wait counts
  // whole ones. Loop thread only; before Run, whoever sets the loop up counts as that.
  void RunAfter(double seconds, Task task);

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
