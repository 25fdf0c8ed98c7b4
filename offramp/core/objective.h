// What a fleet is run for (fleet file: `objective`): one of three.
#pragma once

#include <optional>

namespace offramp {

// Agents minimise mean delay - a * accuracy. With one of the others set (at most one is), a is what
// is steered so that it holds (optimize/objective_control.h), and accuracy_weight_s where it
// starts.
struct Objective {
  double accuracy_weight_s = 1;            // a: what accuracy 1 in place of 0 may cost in delay
  std::optional<double> min_accuracy;      // least delay with at least this accuracy, 0..1
  std::optional<double> max_mean_delay_s;  // greatest accuracy with at most this mean delay

  bool steers() const { return min_accuracy.has_value() || max_mean_delay_s.has_value(); }
};

}  // namespace offramp
