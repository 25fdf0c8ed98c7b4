// Baselines at the accuracy of another run: which thresholds of theirs give it.
#pragma once

#include <optional>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/cli/reproduce/study.h"
#include "offramp/core/problem.h"
#include "offramp/simulate/simulation.h"

namespace offramp {

// Two settings around the accuracy that was asked for.
struct EqualSettings {
  SimulateOptions below, above;
  std::optional<double> along;  // of the way between them; absent: as their accuracies turn out
  bool reached = true;          // false: no setting has so much
};

// Settings of all `baselines` for one scenario that give the accuracy of `ours` on the very tasks
// of that run, which `seed` drew.
// Policies with fixed thresholds: neighbours on the curve of stage-wide ones (threshold_curve.h).
// genetic, which evolves thresholds: plans with other accuracy weights.
Result<std::vector<EqualSettings>> SettingsAt(const Scenario& scenario,
                                              const std::vector<Arm>& baselines,
                                              const SimulationResult& ours);

// `index` 0 .. count - 1, on several threads; ends early when `stop` says so.
void ParallelFor(std::size_t count, int threads, const std::function<bool()>& stop,
                 const std::function<void(std::size_t index)>& run);

}  // namespace offramp
