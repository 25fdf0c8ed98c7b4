#include "offramp/wire/asio_loop.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "offramp/base/clock.h"
#include "offramp/wire/timer_queue.h"

namespace offramp {

namespace {

namespace asio = boost::asio;

constexpr double kNever_s = std::numeric_limits<double>::infinity();

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;

// SteadyClock's seconds are those of std::chrono::steady_clock.
Timer::time_point ToTimePoint(double when_s) {
  // A day is as good as never, and far from overflow.
  const double seconds = std::clamp(when_s, 0.0, SteadyClock().NowSeconds() + 86400.0);
  return Timer::time_point(
      std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
}

}  // namespace

class AsioLoop::Impl {
 public:
  Impl() : work_(context_.get_executor()), timer_(context_.get_executor()) {}

  ~Impl() {
    ending_ = true;
    timers_.Clear();
  }

  void Run() {
    thread_ = std::this_thread::get_id();
    Arm();
    context_.run();
    thread_ = std::thread::id();
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    asio::post(context_, [this] { context_.stop(); });
  }

  bool Post(Task task) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    asio::post(context_, std::move(task));
    return true;
  }

  bool OnLoopThread() const {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  TimerId RunAt(double when_s, Task task) {
    const TimerId id = timers_.Add(when_s, std::move(task));
    if (!running_timers_) Arm();
    return id;
  }

  // A cancelled timer's moment stays armed: one look too many.
  void Cancel(TimerId id) { timers_.Cancel(id); }

  double NowSeconds() const { return clock_.NowSeconds(); }
  asio::io_context& context() { return context_; }

 private:
  void Arm() {
    const double next_s = timers_.next_s();
    if (ending_ || next_s >= armed_s_) return;
    armed_s_ = next_s;
    timer_.expires_at(ToTimePoint(next_s));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) RunDueTimers();
    });
  }

  void RunDueTimers() {
    armed_s_ = kNever_s;
    running_timers_ = true;
    // Only what is due now: timers that set themselves anew must not starve the network.
    const double now_s = clock_.NowSeconds();
    while (const Task task = timers_.PopDue(now_s)) task();
    running_timers_ = false;
    Arm();
  }

  const SteadyClock clock_;
  std::atomic<std::thread::id> thread_;  // inside Run

  // The loop's thread. Before the context: what it drops at its end may still set timers.
  TimerQueue timers_;
  double armed_s_ = kNever_s;
  bool running_timers_ = false;
  bool ending_ = false;

  std::mutex mutex_;  // guards what follows, and posts against Stop
  bool stopped_ = false;

  asio::io_context context_{1};  // one thread runs it
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Timer timer_;
};

AsioLoop::AsioLoop() : impl_(std::make_unique<Impl>()) {}
AsioLoop::~AsioLoop() = default;

void AsioLoop::Run() { impl_->Run(); }
void AsioLoop::Stop() { impl_->Stop(); }
bool AsioLoop::OnLoopThread() const { return impl_->OnLoopThread(); }
double AsioLoop::NowSeconds() const { return impl_->NowSeconds(); }
bool AsioLoop::Post(Task task) { return impl_->Post(std::move(task)); }

EventLoop::TimerId AsioLoop::RunAt(double when_s, Task task) {
  return impl_->RunAt(when_s, std::move(task));
}

void AsioLoop::Cancel(TimerId id) { impl_->Cancel(id); }
boost::asio::io_context& AsioLoop::context() { return impl_->context(); }

}  // namespace offramp
