// Reliability: how often an exit is right, by confidence. A profile row says right or wrong, 0 or
// 1; decisions need the probability. Isotonic regression gives it: the non-decreasing function of
// confidence nearest to the rows (least squares, by pooling adjacent violators).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "offramp/core/exit_profile.h"

namespace offramp {

// Immutable.
class Reliability {
 public:
  // REQUIRES: equal lengths, at least one row.
  Reliability(std::span<const float> confidence, std::span<const float> correct);

  // 0..1; constant in steps.
  double At(double confidence) const;

 private:
  std::vector<float> from_;  // step i holds for confidences from here on; ascending
  std::vector<double> right_;
};

// The profile with correctness replaced by its probability: of each exit by its own confidence, of
// the last stage by that of the last exit before it. What later stages gain over an exit is a
// difference of two noisy means over few rows; this is the same with far less noise, and thresholds
// set by it are nearer to the right ones (decision 11). Null for null; a profile without exits
// comes back as it is.
std::shared_ptr<const ExitProfile> WithExpectedCorrectness(
    std::shared_ptr<const ExitProfile> profile);

}  // namespace offramp
