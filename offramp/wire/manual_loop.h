// ManualLoop: the EventLoop of tests. Nothing runs and no time passes unless the test says so.
#pragma once

#include <deque>
#include <mutex>

#include "offramp/base/clock.h"
#include "offramp/wire/event_loop.h"
#include "offramp/wire/timer_queue.h"

namespace offramp {

// Single-threaded, but for Post.
class ManualLoop final : public EventLoop {
 public:
  // Moves `clock` as it runs. The clock must outlive the loop.
  explicit ManualLoop(ManualClock* clock) : clock_(clock) {}

  // Runs posted tasks and timers that are due, and what these bring about, without passing time.
  // Posted tasks come before timers, due timers by (time, order of RunAt). Returns how many ran.
  int RunPending();

  // RunPending at every moment something is due, up to and including `when_s`, where the clock
  // stands afterwards. `when_s` must not lie in the past.
  int RunUntil(double when_s);
  int RunFor(double seconds) { return RunUntil(NowSeconds() + seconds); }

  // When the next timer is due; infinity if there is none.
  double next_timer_s() const { return timers_.next_s(); }

  // From now on Post refuses and nothing waiting runs.
  void Stop();

  double NowSeconds() const override { return clock_->NowSeconds(); }
  bool Post(Task task) override;
  TimerId RunAt(double when_s, Task task) override;
  void Cancel(TimerId id) override { timers_.Cancel(id); }

 private:
  bool RunOne();

  ManualClock* const clock_;
  TimerQueue timers_;
  std::mutex mutex_;  // guards the two below
  std::deque<Task> posted_;
  bool stopped_ = false;
};

}  // namespace offramp
