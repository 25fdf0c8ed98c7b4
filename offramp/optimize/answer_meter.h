// AnswerMeter: what a gateway's answers show of the objective: their mean delay, and the accuracy
// to be expected of them. True labels are not known live; the exit profile says how often an answer
// of this confidence at this exit is right.
//
// An early exit: the profile's accuracy by confidence (reliability.h), so thresholds may differ and
// move while answers come. The last stage, whose confidences the profile does not hold: the
// accuracy there of the profile rows that would get so far if as many left at each exit as did.
// Seconds. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/optimize/reliability.h"

namespace offramp {

struct AnswersSeen {
  std::int64_t tasks = 0;
  double mean_delay_s = 0;
  double accuracy = 0;  // expected
};

class AnswerMeter {
 public:
  // Null: no exits, and nothing is known of accuracy; confidence stands in for it.
  explicit AnswerMeter(std::shared_ptr<const ExitProfile> profile);

  // One task that left at `exit_stage` >= 1. What is not a number, or no stage, is passed over.
  void Observe(int exit_stage, double confidence, double delay_s);

  // The last stage's accuracy on the whole profile; 1 without one.
  double best_accuracy() const { return best_accuracy_; }

  // All since the last call. O(rows) where some came from the last stage.
  AnswersSeen Take();

 private:
  double LastStageAccuracy();

  std::shared_ptr<const ExitProfile> profile_;
  std::vector<std::unique_ptr<const Reliability>> reliability_;  // by stage - 1; null: no exit
  std::vector<std::int64_t> left_;                               // tasks by stage - 1
  double best_accuracy_ = 1;
  double right_ = 0;  // expected number of right answers, without the last stage's
  double delay_sum_s_ = 0;
  std::vector<int> rows_;  // workspace
};

}  // namespace offramp
