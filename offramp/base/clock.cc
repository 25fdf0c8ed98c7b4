#include "offramp/base/clock.h"

#include <chrono>

#include "offramp/base/check.h"

namespace offramp {

double SteadyClock::NowSeconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void ManualClock::Advance(double seconds) {
  OFFRAMP_CHECK(seconds >= 0, "time runs forward");
  now_s_ += seconds;
}

void ManualClock::MoveTo(double now_s) {
  OFFRAMP_CHECK(now_s >= now_s_, "time runs forward");
  now_s_ = now_s;
}

}  // namespace offramp
