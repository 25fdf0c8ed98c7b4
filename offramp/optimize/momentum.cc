#include "offramp/optimize/momentum.h"

#include <algorithm>

namespace offramp {

std::vector<double> Momentum::Step(const std::vector<double>& from, std::vector<double> x) {
  double uphill = 0;  // (from - x) . (x - previous): > 0 when the last move overshot
  for (std::size_t k = 0; k < x.size(); ++k) uphill += (from[k] - x[k]) * (x[k] - previous_[k]);
  if (uphill > 0) steps_ = 0;
  const double beta = static_cast<double>(steps_) / (steps_ + 1);
  ++steps_;

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
