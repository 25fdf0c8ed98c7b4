#include "offramp/engine/paced_engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "offramp/base/check.h"

namespace offramp {

namespace {

// A task of this long is a mistake in some file; a longer time would overflow the clock's.
constexpr double kMaxSeconds = 1e6;

std::chrono::steady_clock::duration Duration(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(std::min(seconds, kMaxSeconds)));
}

}  // namespace

PacedEngine::PacedEngine(std::unique_ptr<Engine> inner, double gflops, double gflops_per_s)
    : inner_(std::move(inner)), gflops_(gflops), gflops_per_s_(gflops_per_s) {
  OFFRAMP_CHECK(inner_ != nullptr && gflops >= 0, "an engine and its work");
}

Result<std::vector<Tensor>> PacedEngine::Run(const std::vector<Tensor>& inputs) {
  const auto begin = std::chrono::steady_clock::now();
  Result<std::vector<Tensor>> outputs = inner_->Run(inputs);
  if (!outputs.ok()) return outputs;
  const double rows = inputs.empty() ? 0 : static_cast<double>(inputs[0].rows());
  std::unique_lock lock(mutex_);
  while (!interrupted_ && gflops_per_s_ > 0) {
    const double speed = gflops_per_s_;
    const auto end = begin + Duration(rows * gflops_ / speed);
    const bool changed = changed_.wait_until(
        lock, end, [this, speed] { return interrupted_ || gflops_per_s_ != speed; });
    if (!changed) break;
  }
  return outputs;
}

void PacedEngine::SetSpeed(double gflops_per_s) {
  const std::lock_guard lock(mutex_);
  gflops_per_s_ = std::max(gflops_per_s, 0.0);
  changed_.notify_all();
}

void PacedEngine::Interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  changed_.notify_all();
}

}  // namespace offramp
