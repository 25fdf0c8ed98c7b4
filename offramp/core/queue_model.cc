#include "offramp/core/queue_model.h"

#include <algorithm>

namespace offramp {

QueueLoad EvaluateQueue(double arrival_rate_per_s, double service_rate_per_s, double congestion) {
  const double utilization = arrival_rate_per_s / service_rate_per_s;
  const double x = std::min(utilization, kMaxUtilization);
  const double beyond = std::max(utilization - kMaxUtilization, 0.0);
  const double k = congestion;
  const double idle = 1 - x;
  const double d = x + k * x * x / idle;
  const double d1 = 1 - k + k / (idle * idle);
  const double d2 = 2 * k / (idle * idle * idle);
  return {
      .number = d + d1 * beyond + 0.5 * d2 * beyond * beyond,
      .marginal_s = (d1 + d2 * beyond) / service_rate_per_s,
      .curvature = d2 / (service_rate_per_s * service_rate_per_s),
  };
}

}  // namespace offramp
