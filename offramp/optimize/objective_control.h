// ObjectiveControl: dual ascent on the accuracy weight a (algorithm.md section 8; decision 10).
//
// "Least delay with accuracy >= A_min" and "greatest accuracy with mean delay <= T_max" are the
// problem min T - a A with the right a. Each gateway looks for it: about once a second it compares
// what its own answers show with the objective and moves ln a by a small part of what would make
// up for the difference. That the steps add up is what averages the noise of single seconds; while
// the averages are within a band, nothing moves. Several gateways steer one fleet: each also drifts
// towards the weight in force at the receivers, or their differences would wander.
//
// a stays within multiples of the fleet's own delay. When it rests at a bound and the objective is
// still missed, that is what is then done, and met() says so. Seconds. A pure value; not
// thread-safe.
#pragma once

#include "offramp/core/objective.h"
#include "offramp/optimize/answer_meter.h"

namespace offramp {

class ObjectiveControl {
 public:
  // `best_accuracy`: of the last stage, by the profile; only a scale.
  explicit ObjectiveControl(const Objective& objective, double best_accuracy = 1);

  // Whether the objective has something to steer; else a is the file's for good.
  bool steers() const { return objective_.steers(); }

  // Whether the next step is due, `period_s` after the last time of asking; until then AnswerMeter
  // collects.
  bool Due(double period_s);

  // A step. `answers` are those since the last one; `fleet_weight_s` is the weight in force at the
  // receivers, 0 while they have said nothing. Returns a.
  double Step(const AnswersSeen& answers, double fleet_weight_s);

  double weight_s() const { return weight_s_; }

  // False once a has rested at its bound with the objective missed: it cannot be met.
  bool met() const { return met_; }

  // Over the last 10 s or so, longer where answers are few; 0 before the first.
  double mean_delay_s() const { return mean_delay_s_; }
  double accuracy() const { return accuracy_; }

 private:
  double Error(double accuracy, double mean_delay_s) const;
  void Average(const AnswersSeen& answers, double period_s);
  void Judge(double wanted_s, double period_s);
  bool AtMost() const;
  bool AtLeast() const;

  const Objective objective_;
  double slope_;  // of what is steered, by ln a: about what is to be expected
  double band_;   // in ln a
  double weight_s_;
  bool met_ = true;
  bool resting_ = false;
  double since_step_s_ = 0;
  double tasks_seen_ = 0;
  double mean_delay_s_ = 0;
  double accuracy_ = 0;
  double least_delay_s_ = 0;  // of any window: the fleet's own scale of time; 0: not known
  double missed_s_ = 0;       // at the bound, with the objective missed
};

}  // namespace offramp
