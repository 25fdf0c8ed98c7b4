// DriftMeter: whether an exit is still as good as its profile says (algorithm.md section 8).
//
// Live nobody knows the right answers. But a few of the tasks that left early run on to the last
// stage as shadows: where exit and last stage disagree, one of them is wrong. The profile says how
// often that must be expected at a confidence; more than that, and the inputs are no longer those
// that the profile was made from.
#pragma once

#include <memory>

#include "offramp/core/exit_profile.h"
#include "offramp/optimize/reliability.h"

namespace offramp {

class DriftMeter {
 public:
  // `profile` with rights and wrongs as they were seen. REQUIRES: profile.has_exit(stage).
  DriftMeter(const ExitProfile& profile, int stage);

  // A task that left with this confidence has reached the last stage too.
  void Add(double confidence, bool agreed);

  // Shares of the last two thousand or so; 1 before the first. The expected one is at least that:
  // where the profile has both wrong, they may agree or not.
  double agreement() const { return seen_ > 0 ? 1 - disagreed_ / seen_ : 1; }
  double expected_agreement() const { return seen_ > 0 ? 1 - expected_ / seen_ : 1; }

  // What share of the exit's answers are wrong beyond the profile: the disagreement that is beyond
  // doubt (lower end of Wilson's interval at 99.9 %) above the expected one. 0 while all is as it
  // should be or too little has been seen.
  double excess_wrong() const;

 private:
  Reliability both_right_;  // by the exit's confidence
  double seen_ = 0;         // these three fade together
  double disagreed_ = 0;
  double expected_ = 0;
};

// The profile in which the exit of `stage` is right less often by `excess`, at every confidence.
std::shared_ptr<const ExitProfile> WithMoreWrong(const ExitProfile& profile, int stage,
                                                 double excess);

}  // namespace offramp
