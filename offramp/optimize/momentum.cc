#include "offramp/optimize/momentum.h"

#include <algorithm>

namespace offramp {

std::vector<double> Momentum::Step(std::vector<double> x) {
  constexpr double kPush = 1.02;
  const double beta = std::min(kPush * steps_ / (steps_ + 1), 1.0);
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
