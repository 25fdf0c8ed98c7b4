// The exit decision of one replica: exit iff confidence >= threshold, where the threshold is fixed
// (baselines), or follows the price of going on right now (dto-ee; dispatch.md "exit at confidence
// x"). Pure value, not thread-safe.
#pragma once

#include <vector>

namespace offramp {

// Above every confidence: nothing exits.
inline constexpr double kNeverExit = 2.0;

// ghat: the value of going on (seconds) by confidence, non-increasing in confidence.
struct GainCurve {
  std::vector<double> confidence;  // ascending
  std::vector<double> gain_s;      // same length; a * (accuracy gained) - expected cost of going on
};

class ExitRule {
 public:
  // Fixed threshold until SetCurve is called.
  explicit ExitRule(double threshold = kNeverExit) : threshold_(threshold) {}

  // The agent's threshold of this round; used where there is no curve and shown to people.
  void SetThreshold(double threshold) { threshold_ = threshold; }
  double threshold() const { return threshold_; }

  // From now on Threshold() follows `curve`. An empty curve switches back.
  // REQUIRES: both vectors of one length.
  void SetCurve(GainCurve curve);

  // The threshold at which a task is indifferent when going on costs `extra_cost_s` more than it
  // does on average (Sender::ExtraCostOfGoingOn): the largest confidence at which the curve still
  // reaches that cost, linear between its points. 0 where even the least confident gains less (all
  // exit), kNeverExit where all gain more.
  double Threshold(double extra_cost_s) const;

 private:
  double threshold_;
  GainCurve curve_;
};

}  // namespace offramp
