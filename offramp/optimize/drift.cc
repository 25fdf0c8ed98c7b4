#include "offramp/optimize/drift.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "offramp/base/check.h"

namespace offramp {

namespace {

// Shadows until an old one counts for a third.
constexpr double kMemory = 2000;

// Of a normal deviate: far out, since one looks again and again, and the profile is a sample too.
constexpr double kSure = 3.5;

std::vector<float> BothRight(const ExitProfile& profile, int stage) {
  const std::span<const float> here = profile.correct(stage);
  const std::span<const float> last = profile.correct(profile.stages());
  std::vector<float> both(here.size());
  for (std::size_t r = 0; r < both.size(); ++r) both[r] = here[r] * last[r];
  return both;
}

}  // namespace

DriftMeter::DriftMeter(const ExitProfile& profile, int stage)
    : both_right_(profile.confidence(stage), BothRight(profile, stage)) {}

void DriftMeter::Add(double confidence, bool agreed) {
  constexpr double kKeep = 1 - 1 / kMemory;
  seen_ = seen_ * kKeep + 1;
  disagreed_ = disagreed_ * kKeep + (agreed ? 0 : 1);
  expected_ = expected_ * kKeep + 1 - both_right_.At(confidence);
}

double DriftMeter::excess_wrong() const {
  if (seen_ <= 0) return 0;
  const double share = disagreed_ / seen_;
  const double z2 = kSure * kSure / seen_;
  const double lower = (share + z2 / 2 - std::sqrt(z2 * (share * (1 - share) + z2 / 4))) / (1 + z2);
  return std::max(lower - expected_ / seen_, 0.0);
}

std::shared_ptr<const ExitProfile> WithMoreWrong(const ExitProfile& profile, int stage,
                                                 double excess) {
  OFFRAMP_CHECK(profile.has_exit(stage), "a stage with an exit");
  std::vector<std::vector<float>> confidence;
  std::vector<std::vector<float>> correct;
  for (int h = 1; h <= profile.stages(); ++h) {
    const std::span<const float> sure = profile.confidence(h);
    const std::span<const float> right = profile.correct(h);
    confidence.emplace_back(sure.begin(), sure.end());
    correct.emplace_back(right.begin(), right.end());
  }
  for (float& right : correct[static_cast<std::size_t>(stage - 1)]) {
    right = std::max(right - static_cast<float>(excess), 0.0F);
  }
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

}  // namespace offramp
