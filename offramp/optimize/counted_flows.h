// What nodes would measure in place of true rates if they counted single tasks: in every round
// Poisson many tasks walk through the fleet, drawn by shares, ended by thresholds; each link keeps
// an exponentially weighted rate, each node the mix of rows that its tasks' survived thresholds
// tell it (row_mix.h; algorithm.md section 8). Plugs into DtoEeRunOptions::measured; for tests and
// benchmarks of noise. Deterministic by seed. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"
#include "offramp/optimize/agent_measurement.h"
#include "offramp/optimize/row_mix.h"

namespace offramp {

class CountedFlows {
 public:
  // Rounds of `round_s` seconds; rates are smoothed over `memory_s`. With `mixes` the mix of rows
  // is estimated, too; else nodes keep the exact one.
  CountedFlows(const Problem& problem, double round_s, double memory_s, bool mixes,
               std::uint64_t seed);

  // Lets one round's tasks walk.
  void Count(const Problem& problem, const Strategy& strategy);

  // Puts what was counted into a node's measurement.
  void Apply(const Problem& problem, int node, AgentMeasurement& measurement) const;

 private:
  void Walk(const Problem& problem, const Strategy& strategy, int source);

  double round_s_;
  double memory_s_;
  bool mixes_;
  Random random_;
  std::uint64_t rounds_ = 0;
  std::vector<double> link_tasks_;       // in this round
  std::vector<double> link_rate_per_s_;  // smoothed
  std::vector<RowMix> mix_;              // by replica; empty without `mixes`
  std::vector<float> survived_;          // of one task
};

}  // namespace offramp
