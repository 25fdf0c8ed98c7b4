#include "offramp/wire/grpc_loop.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>
#include <sys/timerfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/server_builder.h>

#include "offramp/base/clock.h"
#include "offramp/wire/timer_queue.h"

namespace offramp {

namespace {

constexpr int kRoundsOfPosts = 8;
constexpr double kForgetExact_s = 0.1;
constexpr double kNever_s = std::numeric_limits<double>::infinity();

gpr_timespec ToGprTime(double when_s) {
  // A day is as good as never, and far from overflow.
  const double seconds = std::min(when_s, SteadyClock().NowSeconds() + 86400.0);
  return gpr_time_from_nanos(static_cast<std::int64_t>(seconds * 1e9), GPR_CLOCK_MONOTONIC);
}

}  // namespace

// The wait inside gRPC ends at whole milliseconds, which would blur emulated links. So for exact
// timers a second thread sleeps on a timerfd and wakes the queue at the right moment; should the
// system have no timerfd left, gRPC's own timeout still fires.
class GrpcLoop::Impl final : public Operation {
 public:
  Impl() : queue_(builder_.AddCompletionQueue()) {
    timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer_fd_ >= 0) timer_thread_ = std::thread([this] { WaitForTimers(); });
  }

  ~Impl() {
    Stop();
    if (timer_fd_ >= 0) {
      ending_ = true;
      SetTimer(1e-9);
      timer_thread_.join();
      close(timer_fd_);
    }
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
      while (Task task = timers_.PopDue(now_s)) task();

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

  void Retain(std::shared_ptr<const void> what) { retained_.push_back(std::move(what)); }

  TimerQueue& timers() { return timers_; }
  const SteadyClock& clock() const { return clock_; }
  grpc::ServerBuilder& builder() { return builder_; }
  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // Loop's thread.
  TimerId AddExact(double when_s, Task task) {
    const TimerId id = timers_.Add(when_s, [this, when_s, task = std::move(task)] {
      // Not there any more if the loop has stood still (SIGSTOP) for longer than kForgetExact_s.
      if (const auto moment = exact_.find(when_s); moment != exact_.end()) exact_.erase(moment);
      ArmNextExact();
      task();
    });
    exact_.insert(when_s);
    ArmNextExact();
    return id;
  }

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

  // A cancelled timer's moment stays: one look too many, and it goes when that is over.
  void ArmNextExact() {
    const double now_s = clock_.NowSeconds();
    while (!exact_.empty() && *exact_.begin() < now_s - kForgetExact_s)
      exact_.erase(exact_.begin());
    if (timer_fd_ < 0 || exact_.empty() || *exact_.begin() == armed_s_) return;
    armed_s_ = *exact_.begin();
    SetTimer(armed_s_);
  }

  void SetTimer(double when_s) {
    const double positive_s = std::clamp(when_s, 1e-9, 1e9);  // zero would disarm it
    const double whole_s = std::floor(positive_s);
    itimerspec spec{};
    spec.it_value.tv_sec = static_cast<time_t>(whole_s);
    spec.it_value.tv_nsec = std::max(1L, static_cast<long>((positive_s - whole_s) * 1e9));
    timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  void WaitForTimers() {
    std::uint64_t expirations;
    while (!ending_) {
      if (read(timer_fd_, &expirations, sizeof expirations) < 0) continue;  // interrupted
      const std::lock_guard lock(mutex_);
      if (!stopped_) WakeIfAsleep();
    }
  }

  const SteadyClock clock_;
  grpc::ServerBuilder builder_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::shared_ptr<const void>> retained_;  // goes before the queue

  // The loop's thread.
  TimerQueue timers_;
  double armed_s_ = kNever_s;
  std::multiset<double> exact_;  // moments of exact timers

  std::atomic<bool> ending_ = false;
  int timer_fd_ = -1;
  std::thread timer_thread_;

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
double GrpcLoop::NowSeconds() const { return impl_->clock().NowSeconds(); }
bool GrpcLoop::OnLoopThread() const { return impl_->OnLoopThread(); }
bool GrpcLoop::Post(Task task) { return impl_->Post(std::move(task)); }

EventLoop::TimerId GrpcLoop::RunAt(double when_s, Task task) {
  return impl_->timers().Add(when_s, std::move(task));
}

EventLoop::TimerId GrpcLoop::RunAtExactly(double when_s, Task task) {
  return impl_->AddExact(when_s, std::move(task));
}

void GrpcLoop::Cancel(TimerId id) { impl_->timers().Cancel(id); }
grpc::ServerCompletionQueue* GrpcLoop::queue() { return impl_->queue(); }
grpc::ServerBuilder& GrpcLoop::builder() { return impl_->builder(); }

void GrpcLoop::Retain(std::shared_ptr<const void> what) { impl_->Retain(std::move(what)); }

}  // namespace offramp
