// What stage-wide thresholds can reach: the settings that no other beats in both mean delay and
// accuracy. A baseline is compared at the accuracy that DTO-EE has by reading its delay there.
#pragma once

#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/core/problem.h"

namespace offramp {

struct ThresholdPoint {
  std::vector<double> by_stage;  // one a stage before the last
  double mean_delay_s = 0;       // predicted, with shares by capacity
  double accuracy = 0;           // over all rows of the profile
};

// By accuracy, ascending; delays ascend too. At least one. Of all combinations of the values that
// `thresholds: tuned` tries (tuned_thresholds.h). REQUIRES: the problem has a profile.
std::vector<ThresholdPoint> ThresholdCurve(const Problem& problem);

// The accuracy of each point on a sample, `count[row]` times each row of the profile: with
// stage-wide thresholds the row alone says where a task leaves. Made monotone (pool adjacent
// violators), so that no point profits from how the sample fell.
std::vector<double> SampleAccuracies(const ExitProfile& profile,
                                     const std::vector<ThresholdPoint>& curve,
                                     const std::vector<double>& count);

// Between which points an accuracy lies. Beyond the ends both are the last one.
struct CurveBracket {
  std::size_t below = 0;
  std::size_t above = 0;
  double along = 0;     // of the way from one to the other, 0..1
  bool reached = true;  // false: no point has so much
};
// REQUIRES: `accuracy` ascends and is not empty.
CurveBracket BracketOf(const std::vector<double>& accuracy, double wanted);

}  // namespace offramp
