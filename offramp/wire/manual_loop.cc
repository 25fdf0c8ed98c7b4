#include "offramp/wire/manual_loop.h"

#include <algorithm>

#include "offramp/base/check.h"

namespace offramp {

bool ManualLoop::RunOne() {
  Task task;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    if (!posted_.empty()) {
      task = std::move(posted_.front());
      posted_.pop_front();
    }
  }
  if (!task) task = timers_.PopDue(NowSeconds());
  if (!task) return false;
  task();
  return true;
}

int ManualLoop::RunPending() {
  int ran = 0;
  while (RunOne()) ++ran;
  return ran;
}

int ManualLoop::RunUntil(double when_s) {
  OFFRAMP_CHECK(when_s >= NowSeconds(), "time runs forwards only");
  int ran = RunPending();
  while (next_timer_s() <= when_s) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) break;
    }
    clock_->MoveTo(std::max(NowSeconds(), next_timer_s()));
    ran += RunPending();
  }
  clock_->MoveTo(when_s);
  return ran;
}

void ManualLoop::Stop() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(posted_);
  }
  timers_.Clear();
}

bool ManualLoop::Post(Task task) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  posted_.push_back(std::move(task));
  return true;
}

EventLoop::TimerId ManualLoop::RunAt(double when_s, Task task) {
  return timers_.Add(when_s, std::move(task));
}

}  // namespace offramp
