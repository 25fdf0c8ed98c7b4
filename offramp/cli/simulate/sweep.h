// `--sweep key=from:to:step`: one number of a scenario over a range.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/scenario.h"

namespace offramp {

struct Sweep {
  std::string key;  // empty: no sweep
  std::vector<double> values;
};

inline constexpr std::size_t kMaxSweepPoints = 1000;

// Keys: factors `load` (of all rates), `speed` (of all nodes), `bandwidth` (of all links); the same
// number everywhere: `tasks_per_s`, `gflops_per_s`, `mbit_per_s`, `latency_ms`; of one part:
// NAME.tasks_per_s, NAME.gflops_per_s; settings: `accuracy_weight_s`, `min_accuracy`,
// `max_mean_delay_s`, `threshold`, `period_ms`. The end is included where a step meets it.
Result<Sweep> ParseSweep(const std::string& text);

// The scenario with the key at `value`; factors and rates hold for its later changes too.
Status ApplySweep(const std::string& key, double value, Scenario& scenario);

}  // namespace offramp
