#include "offramp/core/service_law.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace offramp {
namespace {

Status CheckBins(const std::vector<double>& edges, const std::vector<double>& weights) {
  if (weights.empty()) return InvalidArgumentError("has no weights, expected at least one");
  if (weights.size() > ServiceHistogram::kMostBins) {
    return InvalidArgumentError("has " + std::to_string(weights.size()) +
                                " weights, expected at most " +
                                std::to_string(ServiceHistogram::kMostBins));
  }
  if (edges.size() != weights.size() + 1) {
    return InvalidArgumentError("has " + std::to_string(edges.size()) + " edges and " +
                                std::to_string(weights.size()) +
                                " weights, expected one edge more than weights");
  }
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (std::isfinite(edges[i]) && edges[i] >= (i == 0 ? 0.0 : edges[i - 1])) continue;
    return InvalidArgumentError("edge " + std::to_string(i + 1) +
                                " is out of order, expected edges that ascend from 0 or more");
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (std::isfinite(weights[i]) && weights[i] >= 0) continue;
    return InvalidArgumentError("weight " + std::to_string(i + 1) + " is not a number >= 0");
  }
  return OkStatus();
}

}  // namespace

Result<ServiceHistogram> ServiceHistogram::Create(std::vector<double> edges,
                                                  std::vector<double> weights) {
  OFFRAMP_RETURN_IF_ERROR(CheckBins(edges, weights));
  ServiceHistogram made;
  // Against the largest, so that sums and squares of any unit stay finite.
  const double longest = edges.back();
  const double heaviest = *std::max_element(weights.begin(), weights.end());
  if (!(longest > 0 && heaviest > 0)) {
    return InvalidArgumentError("has no task with a time above 0, expected one");
  }
  double total = 0;
  double mean = 0;
  double square = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double weight = weights[i] / heaviest;
    const double a = edges[i] / longest;
    const double b = edges[i + 1] / longest;
    total += weight;
    mean += weight * (a + b) / 2;
    square += weight * (a * a + a * b + b * b) / 3;
    made.up_to_.push_back(total);
  }
  mean /= total;
  square /= total;
  // What no task takes may be any length.
  if (!(mean > 0) || 1 / mean > kLongest) {
    return InvalidArgumentError("has a last edge more than 1e6 times the mean, expected less");
  }
  for (double& share : made.up_to_) share /= total;
  made.up_to_.back() = 1;
  for (const double edge : edges) made.times_.push_back(edge / longest / mean);
  made.scv_ = std::max(square / (mean * mean) - 1, 0.0);
  made.edges_ = std::move(edges);
  made.weights_ = std::move(weights);
  return made;
}

double ServiceHistogram::At(double u) const {
  // The first bin that ends above u: bins without weight are never that one.
  const auto bin = std::upper_bound(up_to_.begin(), up_to_.end() - 1, u);
  const auto i = static_cast<std::size_t>(bin - up_to_.begin());
  const double before = i == 0 ? 0 : up_to_[i - 1];
  const double along = *bin > before ? std::clamp((u - before) / (*bin - before), 0.0, 1.0) : 1.0;
  return times_[i] + along * (times_[i + 1] - times_[i]);
}

}  // namespace offramp
