// Simulations side by side on several threads.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/scenario.h"
#include "offramp/simulate/simulation.h"

namespace offramp {

// One simulation; `options.progress` and `options.stop` are replaced. The scenario is not owned.
struct SimulationJob {
  const Scenario* scenario;
  SimulateOptions options;
};

// By job; null: not run, because the set was stopped before.
using JobResults = std::vector<std::optional<SimulationResult>>;

// Runs all of them; results do not depend on `threads`. `progress` is called from this thread about
// ten times a second with the share done, 0 to 1; `stop` is asked from every thread and ends the
// set early. Either may be null. The first job that fails ends all with its error.
Result<JobResults> RunJobs(const std::vector<SimulationJob>& jobs, int threads,
                           const std::function<void(double)>& progress,
                           const std::function<bool()>& stop);

}  // namespace offramp
