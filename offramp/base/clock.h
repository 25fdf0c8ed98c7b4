// Time, as seconds in a double since an arbitrary start. Logic takes `double now_s` as an argument;
// only the edges (event loops, daemons) hold a Clock.
#pragma once

namespace offramp {

class Clock {
 public:
  virtual ~Clock() = default;

  // Monotonic seconds. Thread-safe.
  virtual double NowSeconds() const = 0;
};

// The machine's steady clock; the same origin in every process of one machine.
class SteadyClock final : public Clock {
 public:
  double NowSeconds() const override;
};

// A clock that moves only by hand, for tests and for simulation. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(double start_s = 0.0) : now_s_(start_s) {}

  double NowSeconds() const override { return now_s_; }

  // Moves forward by `seconds` >= 0.
  void Advance(double seconds);

  // Moves to `now_s`, which must not lie in the past.
  void MoveTo(double now_s);

 private:
  double now_s_;
};

}  // namespace offramp
