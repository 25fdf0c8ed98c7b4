#include "offramp/optimize/held_price.h"

#include <algorithm>
#include <cmath>

#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

constexpr double kFirstMoves = 5;  // prices of the first moves are far off: none is held
constexpr double kSofter = 1.1;    // a move, while misses cost little
constexpr double kStiffer = 0.7;
constexpr double kSoftest = 1e4;
constexpr double kBudget = 1e-3;    // of D
constexpr double kFullBudget = 30;  // moves; then it falls with their square
constexpr double kFarBeyond = 10;   // times the budget
constexpr double kUnchanged = 1e-9;
constexpr int kHalvings = 60;

}  // namespace

void HeldPrice::Follow(const AgentMeasurement& measured) {
  const double lambda = measured.arrival_rate_per_s;
  const double mu = 1 / measured.service_s;
  const QueueLoad load = EvaluateQueue(lambda, mu, measured.congestion);
  const double moved = MovedShare(measured.inflow_per_s);
  moves_ += moved;
  if (held_s_ < 0 || moves_ < kFirstMoves || lambda > kMaxUtilization * mu) {
    Release(load.marginal_s);
    return;
  }

  const double rho = load.curvature / softness_;
  double low = 0;
  double high = 2 * mu;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    const double price = EvaluateQueue(middle, mu, measured.congestion).marginal_s;
    (price > held_s_ + rho * (lambda - middle) ? high : low) = middle;
  }
  const double missed = lambda - 0.5 * (low + high);
  const double next = held_s_ + rho * missed;
  quoted_s_ = std::max(next + rho * missed, 0.0);
  held_s_ = next;

  const double cost = 0.5 * std::abs((load.marginal_s - next) * missed);
  const double fade = std::min(1.0, kFullBudget / moves_);
  const double budget = kBudget * fade * fade * load.number;
  softness_ *= cost < budget ? std::pow(kSofter, moved) : kStiffer;
  softness_ = std::min(softness_, kSoftest);
  if (softness_ < 1 || cost > kFarBeyond * budget) Release(load.marginal_s);
}

// How much of the inflow comes from offloaders whose flow is not what it was: the share of them
// that made a step since.
double HeldPrice::MovedShare(const std::vector<double>& inflow_per_s) {
  double moved = 0;
  double total = 0;
  for (std::size_t i = 0; i < inflow_per_s.size(); ++i) {
    const double before = i < inflow_.size() ? inflow_[i] : inflow_per_s[i];
    const double most = std::max(inflow_per_s[i], before);
    total += most;
    if (std::abs(inflow_per_s[i] - before) > kUnchanged * most) moved += most;
  }
  inflow_ = inflow_per_s;
  return total > 0 ? moved / total : 1;
}

void HeldPrice::Release(double marginal_s) {
  held_s_ = marginal_s;
  quoted_s_ = marginal_s;
  softness_ = 1;
}

}  // namespace offramp
