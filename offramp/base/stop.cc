#include "offramp/base/stop.h"

#include <chrono>

#include "offramp/base/check.h"

namespace offramp {

Gate::~Gate() { OFFRAMP_CHECK(inside_ == 0, "gate destroyed with work inside"); }

bool Gate::TryEnter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void Gate::Leave() {
  const std::lock_guard lock(mutex_);
  OFFRAMP_CHECK(inside_ > 0, "leave without enter");
  if (--inside_ == 0 && closed_) empty_.notify_all();
}

void Gate::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (inside_ == 0) empty_.notify_all();
}

bool Gate::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::int64_t Gate::inside() const {
  const std::lock_guard lock(mutex_);
  return inside_;
}

bool Gate::WaitEmpty(double seconds) {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, std::chrono::duration<double>(seconds),
                         [this] { return closed_ && inside_ == 0; });
}

}  // namespace offramp
