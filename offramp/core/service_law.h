// Laws of service times that plans and simulations assume; live fleets measure theirs.
//
// All of them have the mean that the node's speed gives, gflops / gflops_per_s; they differ in what
// lies around it. A plan sees the squared coefficient of variation (queue_model.h: M/G/1), a
// simulation draws.
#pragma once

#include <cstddef>
#include <vector>

#include "offramp/base/result.h"

namespace offramp {

enum class ServiceLaw {
  kDeterministic,
  kExponential,
  kMeasured,  // Scenario::service_histogram; deterministic where there is none
};

// An empirical law: `weights[i]` of the tasks took between `edges[i]` and `edges[i + 1]`, spread
// evenly; equal edges are one exact time. Only the shape counts: edges may be in any unit, weights
// may be counts. Immutable; safe from several threads.
class ServiceHistogram {
 public:
  static constexpr std::size_t kMostBins = 100'000;
  // Longest time over the mean: what a sample shows stays far below, and squares stay finite.
  static constexpr double kLongest = 1e6;

  // kInvalidArgument says what is wrong: edges ascend from >= 0 and are one more than the weights,
  // weights are >= 0, some task has a time > 0.
  static Result<ServiceHistogram> Create(std::vector<double> edges, std::vector<double> weights);

  const std::vector<double>& edges() const { return edges_; }  // as given
  const std::vector<double>& weights() const { return weights_; }

  // Squared coefficient of variation.
  double scv() const { return scv_; }

  // The inverse distribution function at u in [0, 1), in units of the mean: a uniform u is a draw.
  double At(double u) const;

 private:
  ServiceHistogram() = default;

  std::vector<double> edges_;
  std::vector<double> weights_;
  std::vector<double> times_;  // edges over the mean
  std::vector<double> up_to_;  // cumulative weight by bin, ends in 1
  double scv_ = 0;
};

}  // namespace offramp
