// Many simulations on all cores: every policy at every seed and every point of a sweep.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/cli/simulate/sweep.h"
#include "offramp/core/policy.h"
#include "offramp/core/scenario.h"
#include "offramp/simulate/simulation.h"

namespace offramp {

struct RunSetOptions {
  std::vector<Policy> policies;
  std::uint64_t first_seed = 1;
  int seeds = 1;
  Sweep sweep;           // without values: the scenario as it is
  SimulateOptions each;  // policy, seed and thresholds are set for each run
  int threads = 1;
};

// Results by point of the sweep, seed and policy, in that order; null: not run, because the set
// was stopped before.
struct RunSet {
  std::vector<Policy> policies;
  std::vector<std::uint64_t> seeds;
  Sweep sweep;
  std::vector<Scenario> scenarios;  // by point; at least one
  std::vector<std::optional<SimulationResult>> results;
  bool interrupted = false;

  const std::optional<SimulationResult>& At(std::size_t point, std::size_t seed,
                                            std::size_t policy) const {
    return results[(point * seeds.size() + seed) * policies.size() + policy];
  }
};

// Runs all of them; what comes out does not depend on `threads`. `progress` is called from this
// thread about ten times a second with the share done, 0 to 1; `stop` is asked from every thread
// and ends the set early. The first run that fails ends all with its error.
Result<RunSet> RunSimulations(const Scenario& scenario, const RunSetOptions& options,
                              const std::function<void(double)>& progress,
                              const std::function<bool()>& stop);

// Share of tasks answered by stage, for the stages that answer at all.
std::map<int, double> AnswerShares(const Scenario& scenario, const SimulationResult& result);

// Mean and half of a 95 % confidence interval (Student's t) of one value a seed.
struct SeedStatistics {
  double mean = 0;
  double half_width = 0;  // 0 for a single value
};
SeedStatistics OverSeeds(const std::vector<double>& values);

}  // namespace offramp
