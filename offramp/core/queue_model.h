// How much work waits at a replica: the mean number in an M/G/1 queue (Pollaczek-Khinchine) and its
// derivatives by the arrival rate (algorithm.md section 1).
//
// With utilisation x = lambda / mu and congestion constant k,
//     D(lambda) = x + k x^2 / (1 - x)
// k = (1 + scv) / 2 for Poisson arrivals: 1 exponential, 1/2 deterministic service. Live it is
// measured (optimize/rates.h), because a dispatcher that looks at queues makes arrivals smoother
// than Poisson and k smaller.
//
// Beyond kMaxUtilization D is continued by its second-order Taylor polynomial: finite, convex and
// twice differentiable everywhere, so that an overloaded start is driven back instead of producing
// an infinity. This stands in for the penalty of the paper (arXiv 2412.08284).
#pragma once

namespace offramp {

inline constexpr double kMaxUtilization = 0.97;

struct QueueLoad {
  double number = 0;      // D: mean tasks in the system; D / lambda is the mean time there
  double marginal_s = 0;  // D': what one more task/s costs, in seconds
  double curvature = 0;   // D'': seconds per task/s
};

// REQUIRES: arrival_rate_per_s >= 0, service_rate_per_s > 0, congestion >= 0.
QueueLoad EvaluateQueue(double arrival_rate_per_s, double service_rate_per_s, double congestion);

// k of Poisson arrivals and service times of the given squared coefficient of variation.
inline double CongestionOfScv(double service_scv) { return 0.5 * (1 + service_scv); }

}  // namespace offramp
