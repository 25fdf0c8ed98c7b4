// AsioLoop: the EventLoop of a daemon, on one Boost.Asio context. Whatever a neighbour sends, a
// timer or another thread's post arrives on the one thread inside Run.
//
// Order of ending: Stop, let Run return, destroy whoever has sockets on it, destroy the loop.
#pragma once

#include <memory>

#include "offramp/wire/event_loop.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace offramp {

class AsioLoop final : public EventLoop {
 public:
  AsioLoop();

  // Timers and posted tasks that did not run are dropped.
  ~AsioLoop() override;

  // Makes the caller the loop's thread until Stop. Once only. Blocks without polling: an idle loop
  // wakes for its timers alone, and those are due within about 0.1 ms.
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
  void Cancel(TimerId id) override;

  // Where sockets live. Loop thread only.
  boost::asio::io_context& context();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offramp
