#include "offramp/optimize/answer_meter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace offramp {
namespace {

// Fewer rows than these say nothing of a stage's accuracy.
constexpr std::ptrdiff_t kLeastRows = 25;

}  // namespace

AnswerMeter::AnswerMeter(std::shared_ptr<const ExitProfile> profile)
    : profile_(profile && profile->rows() > 0 ? std::move(profile) : nullptr) {
  if (!profile_) return;
  left_.resize(static_cast<std::size_t>(profile_->stages()));
  best_accuracy_ = LastStageAccuracy();
  for (int h = 1; h <= profile_->stages(); ++h) {
    reliability_.push_back(
        profile_->has_exit(h)
            ? std::make_unique<const Reliability>(profile_->confidence(h), profile_->correct(h))
            : nullptr);
  }
}

void AnswerMeter::Observe(int exit_stage, double confidence, double delay_s) {
  if (!std::isfinite(confidence) || !std::isfinite(delay_s) || exit_stage < 1) return;
  const auto index = static_cast<std::size_t>(exit_stage) - 1;
  if (!profile_) left_.resize(std::max(left_.size(), index + 1));
  if (index >= left_.size()) return;
  ++left_[index];
  delay_sum_s_ += std::max(delay_s, 0.0);
  if (!profile_) {
    right_ += std::clamp(confidence, 0.0, 1.0);
  } else if (reliability_[index]) {
    right_ += reliability_[index]->At(confidence);
  }
}

double AnswerMeter::LastStageAccuracy() {
  rows_.resize(profile_->rows());
  std::iota(rows_.begin(), rows_.end(), 0);
  auto end = rows_.end();
  std::int64_t going = std::accumulate(left_.begin(), left_.end(), std::int64_t{0});
  for (int h = 1; h < profile_->stages(); ++h) {
    const std::int64_t left = left_[static_cast<std::size_t>(h) - 1];
    if (left == 0 || !profile_->has_exit(h)) continue;
    going -= left;
    const double share = static_cast<double>(going) / static_cast<double>(going + left);
    const auto here = static_cast<double>(end - rows_.begin());
    const auto stay =
        rows_.begin() + std::max(static_cast<std::ptrdiff_t>(std::lround(share * here)),
                                 std::min(kLeastRows, end - rows_.begin()));
    const std::span<const float> confidence = profile_->confidence(h);
    if (stay < end) {
      std::nth_element(rows_.begin(), stay, end, [&](int a, int b) {
        return confidence[static_cast<std::size_t>(a)] < confidence[static_cast<std::size_t>(b)];
      });
    }
    end = stay;
  }
  const std::span<const float> correct = profile_->correct(profile_->stages());
  double right = 0;
  for (auto row = rows_.begin(); row != end; ++row) {
    right += static_cast<double>(correct[static_cast<std::size_t>(*row)]);
  }
  return right / static_cast<double>(end - rows_.begin());
}

AnswersSeen AnswerMeter::Take() {
  AnswersSeen seen;
  seen.tasks = std::accumulate(left_.begin(), left_.end(), std::int64_t{0});
  if (seen.tasks > 0) {
    const auto tasks = static_cast<double>(seen.tasks);
    if (profile_ && left_.back() > 0) {
      right_ += static_cast<double>(left_.back()) * LastStageAccuracy();
    }
    seen.mean_delay_s = delay_sum_s_ / tasks;
    seen.accuracy = right_ / tasks;
  }
  std::fill(left_.begin(), left_.end(), 0);
  right_ = 0;
  delay_sum_s_ = 0;
  return seen;
}

}  // namespace offramp
