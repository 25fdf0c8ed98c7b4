#include "offramp/placement/machine_shares.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "offramp/core/queue_model.h"

namespace offramp {

namespace {

constexpr int kBisections = 60;

// x with x^2 D'(x) = c, where D' continues as the queue model's does.
double UtilizationAt(double c, double congestion) {
  double low = 0;
  double high = 1;
  const auto value = [congestion](double x) {
    return x * x * EvaluateQueue(x, 1, congestion).marginal_s;
  };
  while (value(high) < c) high *= 2;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (low + high);
    (value(middle) < c ? low : high) = middle;
  }
  return high;
}

}  // namespace

std::vector<double> SquareRootShares(const std::vector<double>& rho) {
  const double total = std::accumulate(rho.begin(), rho.end(), 0.0);
  std::vector<double> share(rho.size());
  if (total <= 0) {
    std::fill(share.begin(), share.end(), 1 / static_cast<double>(rho.size()));
    return share;
  }
  double roots = 0;
  for (const double r : rho) roots += std::sqrt(r);
  for (std::size_t i = 0; i < rho.size(); ++i) {
    share[i] = total < 1 ? rho[i] + (1 - total) * std::sqrt(rho[i]) / roots : rho[i] / total;
  }
  return share;
}

double TasksOnMachine(const std::vector<double>& rho, const std::vector<double>& share,
                      double congestion) {
  double tasks = 0;
  for (std::size_t i = 0; i < rho.size(); ++i) {
    if (rho[i] > 0) tasks += EvaluateQueue(rho[i], share[i], congestion).number;
  }
  return tasks;
}

std::vector<double> BestShares(const std::vector<double>& rho, double congestion) {
  const std::vector<double> simple = SquareRootShares(rho);
  const double total = std::accumulate(rho.begin(), rho.end(), 0.0);
  if (rho.size() < 2 || total <= 0) return simple;
  // A higher price nu gives smaller utilisations... of larger shares: their sum falls with nu.
  const auto shares_at = [&](double nu) {
    std::vector<double> share(rho.size(), 0.0);
    for (std::size_t i = 0; i < rho.size(); ++i) {
      if (rho[i] > 0) share[i] = rho[i] / UtilizationAt(nu * rho[i], congestion);
    }
    return share;
  };
  const auto sum = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  };
  double low = -60;
  double high = 60;  // of ln nu
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (low + high);
    (sum(shares_at(std::exp(middle))) > 1 ? low : high) = middle;
  }
  std::vector<double> best = shares_at(std::exp(high));
  const double scale = 1 / sum(best);
  for (double& share : best) share *= scale;
  return TasksOnMachine(rho, best, congestion) <= TasksOnMachine(rho, simple, congestion) ? best
                                                                                          : simple;
}

}  // namespace offramp
