#include "offramp/optimize/fleet_weight.h"

#include <algorithm>
#include <cmath>

#include "offramp/optimize/rates.h"

namespace offramp {
namespace {

constexpr double kMemory_s = 1;
constexpr double kLargest_s = 1e6;

bool IsWeight(double weight_s) { return weight_s > 0 && weight_s <= kLargest_s; }

}  // namespace

void TaskWeight::Observe(double weight_s, std::int64_t rows) {
  if (!IsWeight(weight_s) || rows <= 0) return;
  sum_s_ += weight_s * static_cast<double>(rows);
  rows_ += rows;
}

std::optional<double> TaskWeight::Round(double period_s) {
  if (rows_ > 0) {
    const double seen_s = sum_s_ / static_cast<double>(rows_);
    const double step = SmoothingWeight(period_s, kMemory_s);
    mean_s_ = mean_s_ ? *mean_s_ + step * (seen_s - *mean_s_) : seen_s;
  }
  sum_s_ = 0;
  rows_ = 0;
  return mean_s_;
}

void HeardWeights::Hear(int receiver, double weight_s) {
  const auto index = static_cast<std::size_t>(receiver);
  if (receiver >= 0 && index < weight_s_.size() && IsWeight(weight_s)) weight_s_[index] = weight_s;
}

double HeardWeights::Mean(const std::vector<double>& flow_per_s) const {
  double sum_s = 0;
  double total = 0;
  for (std::size_t k = 0; k < std::min(weight_s_.size(), flow_per_s.size()); ++k) {
    if (weight_s_[k] <= 0) continue;
    const double flow = std::max(flow_per_s[k], 1e-9);  // an idle fleet's mean is the plain one
    sum_s += flow * weight_s_[k];
    total += flow;
  }
  return total > 0 ? sum_s / total : 0;
}

}  // namespace offramp
