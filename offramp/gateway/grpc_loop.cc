#include "offramp/gateway/grpc_loop.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/server_builder.h>

#include "offramp/base/clock.h"
#include "offramp/wire/timer_queue.h"

namespace offramp {

namespace {

constexpr int kRoundsOfPosts = 8;

gpr_timespec ToGprTime(double when_s) {
  // A day is as good as never, and far from overflow.
  const double seconds = std::min(when_s, SteadyClock().NowSeconds() + 86400.0);
  return gpr_time_from_nanos(static_cast<std::int64_t>(seconds * 1e9), GPR_CLOCK_MONOTONIC);
}

}  // namespace

class GrpcLoop::Impl final : public Operation {
 public:
  Impl() : queue_(builder_.AddCompletionQueue()) {}

  ~Impl() {
    Stop();
    timers_.Clear();
    queue_->Shutdown();
    void* tag;
    bool ok;
    while (queue_->Next(&tag, &ok)) static_cast<Operation*>(tag)->OnDone(ok);
  }

  void Run() {
    thread_ = std::this_thread::get_id();
    std::vector<Task> tasks;
    while (true) {
      // What tasks post is part of the same work, most often; but it must not starve the network.
      for (int round = 0; round < kRoundsOfPosts && TakePosted(&tasks); ++round) {
        for (Task& task : tasks) {
          task();
          task = nullptr;
        }
        tasks.clear();
      }
      // Only what is due now: timers that set themselves anew must not starve the network.
      const double now_s = clock_.NowSeconds();
      while (const Task task = timers_.PopDue(now_s)) task();

      bool wait;
      {
        const std::lock_guard lock(mutex_);
        wait = posted_.empty();
        if (wait && stopped_) break;
        awake_ = !wait;
      }
      void* tag;
      bool ok;
      const double next_s = wait ? timers_.next_s() : 0.0;
      const auto got = queue_->AsyncNext(&tag, &ok, ToGprTime(next_s));
      // Without the lock: whoever posts from now on is seen at the top.
      awake_ = true;
      if (got == grpc::CompletionQueue::GOT_EVENT) static_cast<Operation*>(tag)->OnDone(ok);
    }
    thread_ = std::thread::id();
  }

  bool OnLoopThread() const {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    WakeIfAsleep();
  }

  bool Post(Task task) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    posted_.push_back(std::move(task));
    WakeIfAsleep();
    return true;
  }

  // The alarm has woken us: Run does the rest.
  void OnDone(bool) override {
    const std::lock_guard lock(mutex_);
    alarm_set_ = false;
  }

  void RunAfter(double seconds, Task task) {
    timers_.Add(clock_.NowSeconds() + seconds, std::move(task));
  }

  void Retain(std::shared_ptr<const void> what) { retained_.push_back(std::move(what)); }
  grpc::ServerBuilder& builder() { return builder_; }
  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

 private:
  bool TakePosted(std::vector<Task>* tasks) {
    const std::lock_guard lock(mutex_);
    tasks->swap(posted_);
    return !tasks->empty();
  }

  // REQUIRES: mutex_ held. The destructor stops first, so no alarm is set on a queue that is shut.
  void WakeIfAsleep() {
    if (awake_ || alarm_set_) return;
    alarm_set_ = true;
    alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), static_cast<Operation*>(this));
  }

  const SteadyClock clock_;
  grpc::ServerBuilder builder_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::shared_ptr<const void>> retained_;  // goes before the queue
  TimerQueue timers_;                                  // the loop's thread

  std::atomic<std::thread::id> thread_;  // inside Run

  // True: Run will look at posted_ before it sleeps. Becomes false under mutex_ only.
  std::atomic<bool> awake_ = true;

  std::mutex mutex_;  // guards what follows
  std::vector<Task> posted_;
  bool stopped_ = false;
  bool alarm_set_ = false;  // and its tag not back yet
  grpc::Alarm alarm_;
};

GrpcLoop::GrpcLoop() : impl_(std::make_unique<Impl>()) {}
GrpcLoop::~GrpcLoop() = default;

void GrpcLoop::Run() { impl_->Run(); }
void GrpcLoop::Stop() { impl_->Stop(); }
bool GrpcLoop::OnLoopThread() const { return impl_->OnLoopThread(); }
bool GrpcLoop::Post(Task task) { return impl_->Post(std::move(task)); }

void GrpcLoop::RunAfter(double seconds, Task task) { impl_->RunAfter(seconds, std::move(task)); }
grpc::ServerCompletionQueue* GrpcLoop::queue() { return impl_->queue(); }
grpc::ServerBuilder& GrpcLoop::builder() { return impl_->builder(); }
void GrpcLoop::Retain(std::shared_ptr<const void> what) { impl_->Retain(std::move(what)); }

}  // namespace offramp
