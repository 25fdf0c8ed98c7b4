#include "offramp/optimize/reliability.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "offramp/base/check.h"

namespace offramp {

Reliability::Reliability(std::span<const float> confidence, std::span<const float> correct) {
  OFFRAMP_CHECK(!confidence.empty() && confidence.size() == correct.size(), "rows of one exit");
  std::vector<std::size_t> order(confidence.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return confidence[a] < confidence[b]; });
  struct Pool {
    float from;
    double right;
    double rows;
  };
  std::vector<Pool> pools;
  for (const std::size_t row : order) {
    pools.push_back({confidence[row], static_cast<double>(correct[row]), 1});
    while (pools.size() > 1) {
      const Pool last = pools.back();
      Pool& before = pools[pools.size() - 2];
      if (before.from < last.from && before.right * last.rows < last.right * before.rows) break;
      before.right += last.right;
      before.rows += last.rows;
      pools.pop_back();
    }
  }
  for (const Pool& pool : pools) {
    from_.push_back(pool.from);
    right_.push_back(pool.right / pool.rows);
  }
}

double Reliability::At(double confidence) const {
  const auto above = std::upper_bound(from_.begin(), from_.end(), static_cast<float>(confidence));
  const auto step = std::max<std::ptrdiff_t>(above - from_.begin() - 1, 0);
  return right_[static_cast<std::size_t>(step)];
}

std::shared_ptr<const ExitProfile> WithExpectedCorrectness(
    std::shared_ptr<const ExitProfile> profile) {
  if (!profile || profile->rows() == 0) return profile;
  std::vector<std::vector<float>> confidence;
  std::vector<std::vector<float>> correct;
  std::span<const float> surest;  // confidences of the last exit so far
  for (int h = 1; h <= profile->stages(); ++h) {
    const std::span<const float> sure = profile->confidence(h);
    const std::span<const float> right = profile->correct(h);
    confidence.emplace_back(sure.begin(), sure.end());
    correct.emplace_back(right.begin(), right.end());
    if (profile->has_exit(h)) surest = sure;
    if (right.empty() || surest.empty()) continue;
    const Reliability reliability(surest, right);
    for (std::size_t r = 0; r < right.size(); ++r) {
      correct.back()[r] = static_cast<float>(reliability.At(static_cast<double>(surest[r])));
    }
  }
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

}  // namespace offramp
