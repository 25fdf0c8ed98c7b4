#include "offramp/optimize/rates.h"

#include <algorithm>
#include <cmath>

namespace offramp {
namespace {

constexpr double kServiceWeight = 0.15;
constexpr double kVariableServiceWeight = 0.05;
constexpr double kVariable = 0.25;  // scv from which a service time counts as variable
constexpr double kVariationWeight = 0.05;
constexpr double kCongestionShare = 0.3;  // of the rates' weight
constexpr double kChance = 3;             // standard deviations between two windows of one rate

// Twice the root of a Poisson count has a standard deviation of about 1, whatever its mean; 3/8 is
// Anscombe's correction for small ones (Biometrika 35, 1948).
double Stabilized(double tasks) { return 2 * std::sqrt(tasks + 0.375); }

}  // namespace

double SmoothingWeight(double period_s, double tau_s) { return 1 - std::exp(-period_s / tau_s); }

double RateMeter::Round(double period_s) {
  if (!(period_s > 0)) return rate_per_s_;
  elapsed_s_ += period_s;
  usual_elapsed_s_ += period_s;
  const double now_per_s = static_cast<double>(tasks_) / period_s;
  const auto follow = [&](double& rate_per_s, double tau_s, double elapsed_s) {
    rate_per_s +=
        std::max(SmoothingWeight(period_s, tau_s), period_s / elapsed_s) * (now_per_s - rate_per_s);
  };
  follow(recent_per_s_, recent_s_, elapsed_s_);
  follow(rate_per_s_, usual_s_, usual_elapsed_s_);
  // An exponential window of tau varies like a plain one of 2 tau.
  const double window_s = 2 * std::min(elapsed_s_, recent_s_);
  const double apart = Stabilized(recent_per_s_ * window_s) - Stabilized(rate_per_s_ * window_s);
  leapt_ = std::abs(apart) > kChance;
  if (leapt_) {
    rate_per_s_ = recent_per_s_;
    usual_elapsed_s_ = std::min(usual_elapsed_s_, recent_s_);
  }
  tasks_ = 0;
  return rate_per_s_;
}

void ServiceMeter::Observe(double seconds, std::int64_t tasks) {
  if (!std::isfinite(seconds) || seconds < 0 || tasks < 1) return;
  const double each = seconds / static_cast<double>(tasks);
  ++calls_;
  if (calls_ > 1) {
    const double difference = each - last_s_;
    // A call of n tasks says n times as much about the mean, and nothing about single tasks'
    // variation: it is averaged away there.
    const double weight = std::max(kVariationWeight, 1 / static_cast<double>(calls_ - 1));
    half_square_difference_ += weight * (0.5 * difference * difference - half_square_difference_);
  }
  last_s_ = each;
  const double per_task = scv() > kVariable ? kVariableServiceWeight : kServiceWeight;
  const double weight = 1 - std::pow(1 - per_task, static_cast<double>(tasks));
  mean_s_ += std::max(weight, 1 / static_cast<double>(calls_)) * (each - mean_s_);
}

double ServiceMeter::scv() const {
  return mean_s_ > 0 ? half_square_difference_ / (mean_s_ * mean_s_) : 0;
}

void CongestionMeter::ObserveWait(double seconds) {
  if (!std::isfinite(seconds)) return;
  wait_sum_s_ += std::max(seconds, 0.0);
  ++waits_;
}

double CongestionMeter::Round(double arrival_rate_per_s, double service_s, double weight) {
  const double rho = std::min(arrival_rate_per_s * service_s, 0.95);
  if (waits_ > 0 && rho > 0.02) {
    const double unit_s = rho * service_s / (1 - rho);  // the wait at k = 1
    const double k = wait_sum_s_ / static_cast<double>(waits_) / unit_s;
    congestion_ += kCongestionShare * weight * (std::clamp(k, kLeast, kMost) - congestion_);
  }
  wait_sum_s_ = 0;
  waits_ = 0;
  return congestion_;
}

}  // namespace offramp
