// What a node measures of itself, exponentially weighted (dispatch.md "Constants"): arrival rates,
// service time and its variability, and the congestion constant. Values; not thread-safe.
#pragma once

#include <cstdint>

namespace offramp {

// The share of a new observation in an average over the last `tau_s` seconds, taken every
// `period_s`: 1 - exp(-period / tau).
double SmoothingWeight(double period_s, double tau_s);

// Tasks per second, over two windows: the last second or so, and ten times that. Single seconds of
// a stream of n tasks/s are off by a part 1 / sqrt(2 n) of it, which agents would take for changes
// and follow; so the long window is what is measured, and it starts anew from the short one as soon
// as the two differ by more than chance does in Poisson arrivals (decision 15). A fast stream's
// leap is so seen within a fraction of a second, a slow one's noise is not.
//
// At the start each window is the plain mean since the first round (no bias towards zero).
class RateMeter {
 public:
  static constexpr double kRecent_s = 1;
  static constexpr double kUsual_s = 10;

  explicit RateMeter(double recent_s = kRecent_s, double usual_s = kUsual_s)
      : recent_s_(recent_s), usual_s_(usual_s) {}

  void Count(std::int64_t tasks = 1) { tasks_ += tasks; }

  // Ends a round that took `period_s` > 0. Returns the rate.
  double Round(double period_s);

  double rate_per_s() const { return rate_per_s_; }
  double recent_per_s() const { return recent_per_s_; }
  // Whether the last round made the long window start anew.
  bool leapt() const { return leapt_; }

 private:
  double recent_s_;
  double usual_s_;
  double elapsed_s_ = 0;
  double usual_elapsed_s_ = 0;  // since the long window started
  double recent_per_s_ = 0;
  double rate_per_s_ = 0;
  bool leapt_ = false;
  std::int64_t tasks_ = 0;
};

// Service time of one task and its squared coefficient of variation.
//
// Follows at 0.15 a task (a node that slows is seen within seven tasks), at 0.05 where service
// times vary by themselves. The variation is that of successive differences, the mean of
// (x_t - x_{t-1})^2 / 2, so that a lasting slow-down does not pass for variability.
class ServiceMeter {
 public:
  // What to say before the first task: the expected time, from warm-up or the fleet file.
  explicit ServiceMeter(double expected_s) : mean_s_(expected_s) {}

  // A call of `tasks` >= 1 tasks that took `seconds` in all.
  void Observe(double seconds, std::int64_t tasks = 1);

  double mean_s() const { return mean_s_; }
  double scv() const;

 private:
  double mean_s_;
  double last_s_ = 0;
  double half_square_difference_ = 0;
  std::uint64_t calls_ = 0;
};

// k of the queue model (core/queue_model.h), from waiting times:
//     mean wait = k rho / (mu (1 - rho))
// Dispatch by queue lengths makes k far smaller than Poisson arrivals would.
class CongestionMeter {
 public:
  static constexpr double kLeast = 0.03;
  static constexpr double kMost = 2.0;

  explicit CongestionMeter(double initial = 0.5) : congestion_(initial) {}

  // A task whose service began after `seconds` in the queue.
  void ObserveWait(double seconds);

  // Ends a round: `weight` is the rates' SmoothingWeight; k follows at 0.3 of it. Rounds without
  // a task, or with a node that is all but idle (rho <= 0.02), change nothing.
  double Round(double arrival_rate_per_s, double service_s, double weight);

  double congestion() const { return congestion_; }

 private:
  double congestion_;
  double wait_sum_s_ = 0;
  std::int64_t waits_ = 0;
};

}  // namespace offramp
