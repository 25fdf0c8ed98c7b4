// TimerQueue: what both event loops keep their timers in. Timers leave by (time, order of adding),
// so that runs repeat exactly.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "offramp/wire/event_loop.h"

namespace offramp {

// Not thread-safe. Add, Cancel and PopDue cost O(log n).
class TimerQueue {
 public:
  // REQUIRES: when_s is no NaN.
  EventLoop::TimerId Add(double when_s, EventLoop::Task task);

  // Unknown ids are fine.
  void Cancel(EventLoop::TimerId id);

  // Seconds; infinity when empty.
  double next_s() const {
    return timers_.empty() ? std::numeric_limits<double>::infinity() : timers_.begin()->first.first;
  }

  // Takes the first timer out if it is due at `now_s`; else an empty task.
  EventLoop::Task PopDue(double now_s);

  void Clear();

 private:
  // Ids rise, so they break ties of time by order of adding.
  std::map<std::pair<double, EventLoop::TimerId>, EventLoop::Task> timers_;
  std::unordered_map<EventLoop::TimerId, double> when_s_;
  EventLoop::TimerId last_id_ = 0;
};

}  // namespace offramp
