// The exit profile: for each row (one sample held out of training) the confidence and correctness
// of every exit. Shipped once with the model; everything the optimiser knows of the model's
// accuracy.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace offramp {

// Immutable once built; share it by std::shared_ptr<const ExitProfile>.
class ExitProfile {
 public:
  // `confidence[h - 1]` and `correct[h - 1]` hold stage h; both empty for a stage without exit; the
  // last stage has correct only. REQUIRES: equal lengths (files/ checks what comes from outside).
  ExitProfile(std::vector<std::vector<float>> confidence, std::vector<std::vector<float>> correct)
      : confidence_(std::move(confidence)), correct_(std::move(correct)) {}

  int stages() const { return static_cast<int>(correct_.size()); }
  std::size_t rows() const { return correct_.back().size(); }

  // Whether stage h in 1..H-1 has an exit. The last stage always answers and is not counted.
  bool has_exit(int stage) const {
    return stage < stages() && !confidence_[static_cast<std::size_t>(stage - 1)].empty();
  }

  // Calibrated confidence in 0..1 by row; empty where there is no exit and for the last stage.
  std::span<const float> confidence(int stage) const {
    return confidence_[static_cast<std::size_t>(stage - 1)];
  }

  // 0 or 1 by row, or the probability of being right; empty where there is no exit.
  std::span<const float> correct(int stage) const {
    return correct_[static_cast<std::size_t>(stage - 1)];
  }

 private:
  std::vector<std::vector<float>> confidence_;
  std::vector<std::vector<float>> correct_;
};

}  // namespace offramp
