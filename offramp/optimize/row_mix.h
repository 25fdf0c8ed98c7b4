// RowMix: which profile rows a node really sees (algorithm.md section 8).
//
// A task carries the thresholds it has survived, one for each stage before this node that has an
// exit, in stage order. Given those, it is equally likely to be any profile row that survives them
// all, so the node's mix is the mean of such uniform distributions over its tasks: exact under the
// profile. Sixteen tasks a round are plenty: each speaks for hundreds of rows.
//
// Not thread-safe. Round costs O(16 rows exits).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "offramp/core/exit_profile.h"

namespace offramp {

class RowMix {
 public:
  // The mix at a replica of `stage` >= 1. Null profile: the mix stays empty (all rows alike).
  RowMix(std::shared_ptr<const ExitProfile> profile, int stage);

  // How many thresholds a task's vector has here: exits of stages 1..stage - 1.
  int exits() const { return static_cast<int>(exit_stages_.size()); }

  // One arrived task; `survived[i]` is the threshold it met at the i-th exit. Later ones overwrite
  // the oldest of the round beyond 16. Vectors of another length are ignored (returns false).
  bool Observe(std::span<const float> survived);

  // Ends a round: moves the mix by `weight` (0..1; half of the rates' weight, rates.h) towards the
  // tasks observed since the last. More at the start, until as many rounds have been seen.
  // Returns weights by row, mean 1, for AgentMeasurement::row_mix.
  const std::vector<float>& Round(double weight);

  const std::vector<float>& mix() const { return mix_; }

 private:
  static constexpr std::size_t kRing = 16;

  std::shared_ptr<const ExitProfile> profile_;
  std::vector<int> exit_stages_;
  std::vector<float> ring_;     // kRing vectors
  std::uint64_t observed_ = 0;  // in this round
  std::uint64_t rounds_ = 0;    // with observations
  std::vector<float> mix_;
  std::vector<float> seen_;      // workspace, by row
  std::vector<float> survives_;  // workspace, by row
};

}  // namespace offramp
