#include "offramp/core/exit_rule.h"

#include <cstddef>
#include <utility>

#include "offramp/base/check.h"

namespace offramp {

void ExitRule::SetCurve(GainCurve curve) {
  OFFRAMP_CHECK(curve.confidence.size() == curve.gain_s.size(), "a gain for each confidence");
  curve_ = std::move(curve);
}

double ExitRule::Threshold(double extra_cost_s) const {
  const std::vector<double>& x = curve_.confidence;
  const std::vector<double>& gain = curve_.gain_s;
  if (x.empty()) return threshold_;
  // Written so that a cost that is not a number means: exit.
  if (!(gain[0] >= extra_cost_s)) return 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (gain[i] >= extra_cost_s) continue;
    const double fraction = (gain[i - 1] - extra_cost_s) / (gain[i - 1] - gain[i]);
    return x[i - 1] + fraction * (x[i] - x[i - 1]);
  }
  return kNeverExit;
}

}  // namespace offramp
