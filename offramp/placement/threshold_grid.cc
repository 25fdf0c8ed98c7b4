#include "offramp/placement/threshold_grid.h"

#include <algorithm>
#include <cmath>

#include "offramp/core/exit_rule.h"

namespace offramp {

namespace {

constexpr double kNever = 2;  // no confidence reaches it

std::vector<double> Levels(const ExitProfile& profile, int stage, std::size_t count,
                           const std::vector<double>& also) {
  std::vector<float> sorted(profile.confidence(stage).begin(), profile.confidence(stage).end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> levels = {0, kNever};
  for (std::size_t i = 1; i + 1 < count; ++i) {
    levels.push_back(static_cast<double>(sorted[i * (sorted.size() - 1) / (count - 1)]));
  }
  levels.insert(levels.end(), also.begin(), also.end());
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

class GridMaker {
 public:
  GridMaker(const PlacementModel& model, std::size_t most,
            const std::vector<std::vector<double>>& also)
      : profile_(*model.profile), stages_(model.segment_count()) {
    int exits = 0;
    for (int h = 1; h < stages_; ++h) exits += profile_.has_exit(h) ? 1 : 0;
    const auto each = static_cast<std::size_t>(
        std::max(2.0, std::floor(std::pow(static_cast<double>(most), 1.0 / std::max(exits, 1)))));
    for (int h = 1; h < stages_; ++h) {
      const auto index = static_cast<std::size_t>(h - 1);
      levels_.push_back(
          profile_.has_exit(h)
              ? Levels(profile_, h, each, index < also.size() ? also[index] : std::vector<double>())
              : std::vector<double>{kNever});
    }
  }

  ThresholdGrid Make() {
    std::vector<int> alive(profile_.rows());
    for (std::size_t r = 0; r < alive.size(); ++r) alive[r] = static_cast<int>(r);
    reach_.assign(static_cast<std::size_t>(stages_), 1);
    Descend(1, alive, 0);
    return std::move(grid_);
  }

 private:
  // `alive`: rows that come to `stage`; `right`: those answered rightly before.
  void Descend(int stage, const std::vector<int>& alive, double right) {
    const double rows = static_cast<double>(profile_.rows());
    reach_[static_cast<std::size_t>(stage - 1)] = static_cast<double>(alive.size()) / rows;
    const auto correct = profile_.correct(stage);
    if (stage == stages_) {
      for (const int r : alive) right += static_cast<double>(correct[static_cast<std::size_t>(r)]);
      grid_.reach.push_back(reach_);
      grid_.accuracy.push_back(right / rows);
      return;
    }
    const auto confidence = profile_.confidence(stage);
    for (const double level : levels_[static_cast<std::size_t>(stage - 1)]) {
      if (level >= kNever) {
        Descend(stage + 1, alive, right);
        continue;
      }
      std::vector<int> on;
      double here = right;
      for (const int r : alive) {
        const auto row = static_cast<std::size_t>(r);
        if (static_cast<double>(confidence[row]) < level) {
          on.push_back(r);
        } else {
          here += static_cast<double>(correct[row]);
        }
      }
      Descend(stage + 1, on, here);
    }
  }

  const ExitProfile& profile_;
  int stages_;
  std::vector<std::vector<double>> levels_;
  std::vector<double> reach_;
  ThresholdGrid grid_;
};

}  // namespace

ThresholdGrid MakeThresholdGrid(const PlacementModel& model, std::size_t most,
                                const std::vector<std::vector<double>>& also) {
  if (model.profile == nullptr) {
    return {.reach = {std::vector<double>(model.segments.size(), 1.0)}, .accuracy = {0}};
  }
  return GridMaker(model, most, also).Make();
}

}  // namespace offramp
