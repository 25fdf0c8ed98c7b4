#include "offramp/optimize/row_mix.h"

#include <algorithm>

#include "offramp/optimize/visit_cost.h"

namespace offramp {

RowMix::RowMix(std::shared_ptr<const ExitProfile> profile, int stage)
    : profile_(std::move(profile)) {
  if (!profile_) return;
  for (int g = 1; g < stage && g < profile_->stages(); ++g) {
    if (profile_->has_exit(g)) exit_stages_.push_back(g);
  }
  ring_.resize(kRing * exit_stages_.size());
  mix_.assign(profile_->rows(), 1.0F);
  seen_.resize(profile_->rows());
  survives_.resize(profile_->rows());
}

bool RowMix::Observe(std::span<const float> survived) {
  if (survived.size() != exit_stages_.size()) return false;
  const auto slot = static_cast<std::size_t>(observed_ % kRing);
  std::copy(survived.begin(), survived.end(),
            ring_.begin() + static_cast<std::ptrdiff_t>(slot * survived.size()));
  ++observed_;
  return true;
}

const std::vector<float>& RowMix::Round(double weight) {
  const auto tasks = static_cast<std::size_t>(std::min<std::uint64_t>(observed_, kRing));
  observed_ = 0;
  if (exit_stages_.empty() || tasks == 0) return mix_;

  const std::size_t rows = mix_.size();
  std::fill(seen_.begin(), seen_.end(), 0.0F);
  std::size_t useful = 0;
  for (std::size_t t = 0; t < tasks; ++t) {
    std::fill(survives_.begin(), survives_.end(), 1.0F);
    for (std::size_t e = 0; e < exit_stages_.size(); ++e) {
      const float threshold = ring_[t * exit_stages_.size() + e];
      const float* const confidence = profile_->confidence(exit_stages_[e]).data();
      for (std::size_t r = 0; r < rows; ++r) {
        survives_[r] = confidence[r] < threshold ? survives_[r] : 0.0F;
      }
    }
    const double survivors = Total(survives_);
    if (survivors <= 0) continue;  // no row of the profile could be this task
    ++useful;
    const auto each = static_cast<float>(static_cast<double>(rows) / survivors);
    for (std::size_t r = 0; r < rows; ++r) seen_[r] += each * survives_[r];
  }
  if (useful == 0) return mix_;
  ++rounds_;
  const double step = std::clamp(std::max(weight, 1 / static_cast<double>(rounds_)), 0.0, 1.0);
  const auto w = static_cast<float>(step);
  const auto scale = 1.0F / static_cast<float>(useful);
  for (std::size_t r = 0; r < rows; ++r) mix_[r] += w * (seen_[r] * scale - mix_[r]);
  return mix_;
}

}  // namespace offramp
