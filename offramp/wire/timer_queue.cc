#include "offramp/wire/timer_queue.h"

#include <cmath>

#include "offramp/base/check.h"

namespace offramp {

EventLoop::TimerId TimerQueue::Add(double when_s, EventLoop::Task task) {
  OFFRAMP_CHECK(!std::isnan(when_s), "a timer without a time");
  const EventLoop::TimerId id = ++last_id_;
  timers_.emplace(std::pair(when_s, id), std::move(task));
  when_s_.emplace(id, when_s);
  return id;
}

void TimerQueue::Cancel(EventLoop::TimerId id) {
  const auto when = when_s_.find(id);
  if (when == when_s_.end()) return;
  const auto timer = timers_.find({when->second, id});
  // The task's destructor may cancel or add timers: unlink first.
  const EventLoop::Task task = std::move(timer->second);
  timers_.erase(timer);
  when_s_.erase(when);
}

EventLoop::Task TimerQueue::PopDue(double now_s) {
  if (timers_.empty() || timers_.begin()->first.first > now_s) return nullptr;
  const auto first = timers_.begin();
  EventLoop::Task task = std::move(first->second);
  when_s_.erase(first->first.second);
  timers_.erase(first);
  return task;
}

void TimerQueue::Clear() {
  const auto dropped = std::move(timers_);
  timers_.clear();
  when_s_.clear();
}

}  // namespace offramp
