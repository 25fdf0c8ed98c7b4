// Recorder: what a run yields, over the tasks that arrived after the warm-up: their delays in the
// order of arrival, exits, accuracy, and 1 s bins. Four bytes a task. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/simulate/simulation.h"

namespace offramp {

class Recorder {
 public:
  // Stages counted from 1.
  Recorder(int stages, double warmup_s) : warmup_s_(warmup_s), left_(stages + 1) {}

  // The next counted task, in the order of arrival. Returns its place.
  std::int64_t OnArrival() {
    delay_s_.push_back(kUnanswered);
    return static_cast<std::int64_t>(delay_s_.size()) - 1;
  }
  void OnRefused() { ++refused_; }
  void OnLost() { ++lost_; }
  void OnResent() { ++resent_; }
  // A node decided at this threshold, over a task that arrived at `arrival_s`.
  void OnThreshold(double arrival_s, double threshold);
  void OnAnswered(std::int64_t place, double arrival_s, double delay_s, int stage, double correct);

  std::int64_t generated() const { return static_cast<std::int64_t>(delay_s_.size()); }

  // Fills everything but utilisation, rates and warnings.
  void Fill(SimulationResult& result) const;

  // Of answered tasks, in the order of arrival.
  std::vector<float> AnsweredDelays() const;

 private:
  static constexpr float kUnanswered = -1;

  struct Bin {
    double delay_s = 0;
    double correct = 0;
    double threshold = 0;
    std::int64_t answered = 0;
    std::int64_t decisions = 0;
  };

  Bin& BinOf(double arrival_s);

  double warmup_s_;
  std::vector<float> delay_s_;
  std::vector<std::int64_t> left_;  // by stage
  std::vector<Bin> bins_;
  double delay_sum_s_ = 0;
  double correct_sum_ = 0;
  std::int64_t finished_ = 0, refused_ = 0, lost_ = 0, resent_ = 0;
};

}  // namespace offramp
