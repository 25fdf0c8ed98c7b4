#include "offramp/optimize/momentum.h"

#include <algorithm>
#include <cmath>

namespace offramp {

std::vector<double> Momentum::Step(const std::vector<double>& from, std::vector<double> x) {
  double uphill = 0;  // (from - x) . (x - previous): > 0 when the last move overshot
  for (std::size_t k = 0; k < x.size(); ++k) uphill += (from[k] - x[k]) * (x[k] - previous_[k]);
  if (uphill > 0) t_ = 1;
  const double next = 0.5 * (1 + std::sqrt(1 + 4 * t_ * t_));
  const double beta = (t_ - 1) / next;
  t_ = next;

  std::vector<double> y(x.size());
  double total = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    y[k] = std::max(x[k] + beta * (x[k] - previous_[k]), 0.0);
    total += y[k];
  }
  if (total > 0) {
    for (double& share : y) share /= total;
  } else {
    y = x;
  }
  previous_ = std::move(x);
  return y;
}

}  // namespace offramp
