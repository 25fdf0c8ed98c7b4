#include "offramp/optimize/objective_control.h"

#include <algorithm>
#include <cmath>

namespace offramp {
namespace {

constexpr double kStep_s = 1;
constexpr double kTimeConstant_s = 8;  // well above the second or two in which the fleet follows
constexpr double kLargestMove = 0.3;   // of ln a, a step
constexpr double kFullTasks = 30;      // a step on fewer answers is smaller in proportion
constexpr double kDrift = 0.2;         // of the way to the fleet's weight, a step

// d(accuracy) / d(ln a) is about so much of what is still missing to the best accuracy.
constexpr double kAccuracySlope = 0.8;
constexpr double kLeastMissing = 0.012;
constexpr double kDelaySlope = 0.5;  // d(ln delay) / d(ln a): 0.2 - 0.4 while no queue builds up

constexpr double kWindowTasks = 1500;  // of the averages
constexpr double kWindow_s = 10;       // and at least so long
constexpr double kAccuracyBand = 0.0015;
constexpr double kDelayBand = 0.015;  // of the ceiling
constexpr double kLeaveBand = 2;      // bands, beyond which a resting weight moves again
constexpr double kMissed = 3;         // bands

// In units of the fleet's delay when it was least. Beyond, nothing follows any more.
constexpr double kLeastWeight = 0.2;
constexpr double kMostWeight = 200;
constexpr double kGiveUp_s = 10;

}  // namespace

ObjectiveControl::ObjectiveControl(const Objective& objective, double best_accuracy)
    : objective_(objective), weight_s_(objective.accuracy_weight_s) {
  if (objective.min_accuracy) {
    slope_ = kAccuracySlope * std::max(best_accuracy - *objective.min_accuracy, kLeastMissing);
    band_ = kAccuracyBand / slope_;
  } else {
    slope_ = kDelaySlope;
    band_ = kDelayBand / slope_;
  }
}

bool ObjectiveControl::Due(double period_s) {
  since_step_s_ += period_s;
  return steers() && since_step_s_ >= kStep_s;
}

// How far ln a must rise, as far as that is known.
double ObjectiveControl::Error(double accuracy, double mean_delay_s) const {
  if (objective_.min_accuracy) return (*objective_.min_accuracy - accuracy) / slope_;
  return (1 - mean_delay_s / *objective_.max_mean_delay_s) / slope_;
}

double ObjectiveControl::Step(const AnswersSeen& answers, double fleet_weight_s) {
  const double period_s = since_step_s_;
  since_step_s_ = 0;
  if (!steers() || answers.tasks <= 0) return weight_s_;
  Average(answers, period_s);
  if (tasks_seen_ < kFullTasks) return weight_s_;
  if (least_delay_s_ <= 0 || mean_delay_s_ < least_delay_s_) least_delay_s_ = mean_delay_s_;

  const double pace = std::min(static_cast<double>(answers.tasks) / kFullTasks, 1.0);
  const double off = std::abs(Error(accuracy_, mean_delay_s_));
  if (off < band_) resting_ = true;
  if (off > kLeaveBand * band_) resting_ = false;
  double move = 0;
  if (!resting_) {
    const double error = Error(answers.accuracy, answers.mean_delay_s);
    move = std::clamp(pace * error * kStep_s / kTimeConstant_s, -kLargestMove, kLargestMove);
  }
  if (fleet_weight_s > 0) move += kDrift * pace * std::log(fleet_weight_s / weight_s_);
  const double wanted_s = weight_s_ * std::exp(move);
  weight_s_ = std::clamp(wanted_s, kLeastWeight * least_delay_s_, kMostWeight * least_delay_s_);
  Judge(wanted_s, period_s);
  return weight_s_;
}

void ObjectiveControl::Average(const AnswersSeen& answers, double period_s) {
  const auto tasks = static_cast<double>(answers.tasks);
  tasks_seen_ += tasks;
  const double renewed =
      std::max(std::min(tasks / kWindowTasks, period_s / kWindow_s), tasks / tasks_seen_);
  mean_delay_s_ += renewed * (answers.mean_delay_s - mean_delay_s_);
  accuracy_ += renewed * (answers.accuracy - accuracy_);
}

void ObjectiveControl::Judge(double wanted_s, double period_s) {
  const double error = Error(accuracy_, mean_delay_s_);
  // A floor is missed from below, with nothing left to add; a ceiling from above.
  const bool missed = objective_.min_accuracy
                          ? error > kMissed * band_ && wanted_s >= weight_s_ && AtMost()
                          : error < -kMissed * band_ && wanted_s <= weight_s_ && AtLeast();
  missed_s_ = std::clamp(missed_s_ + (missed ? period_s : -period_s), 0.0, kGiveUp_s);
  if (missed_s_ >= kGiveUp_s) met_ = false;
  if (missed_s_ <= 0) met_ = true;
}

bool ObjectiveControl::AtMost() const { return weight_s_ >= 0.9 * kMostWeight * least_delay_s_; }
bool ObjectiveControl::AtLeast() const { return weight_s_ <= 1.1 * kLeastWeight * least_delay_s_; }

}  // namespace offramp
