// EventLoop: the one thread on which a daemon's logic runs. Frames, timers and engine results all
// arrive here, so that node and gateway logic needs no locks, and the same logic runs under a
// manual clock in tests (ManualLoop) and on Boost.Asio in a daemon (AsioLoop).
#pragma once

#include <cstdint>
#include <functional>

#include "offramp/base/clock.h"

namespace offramp {

class EventLoop {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;  // 0 is never used

  virtual ~EventLoop() = default;

  // Seconds of the loop's clock. Thread-safe.
  virtual double NowSeconds() const = 0;

  // Runs `task` on the loop soon, in order of posting. Thread-safe; false once the loop is stopped
  // (the task is dropped).
  virtual bool Post(Task task) = 0;

  // Runs `task` at `when_s` or soon after; equal times run in order of this call. Loop thread only.
  virtual TimerId RunAt(double when_s, Task task) = 0;

  // Forgets a timer; unknown or fired ids are fine. Loop thread only.
  virtual void Cancel(TimerId id) = 0;
};

}  // namespace offramp
