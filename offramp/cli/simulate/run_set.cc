#include "offramp/cli/simulate/run_set.h"

#include <cmath>

#include "offramp/cli/scenario_options.h"
#include "offramp/cli/simulate/run_jobs.h"

namespace offramp {

Result<RunSet> RunSimulations(const Scenario& scenario, const RunSetOptions& options,
                              const std::function<void(double)>& progress,
                              const std::function<bool()>& stop) {
  RunSet set;
  set.policies = options.policies;
  set.sweep = options.sweep;
  for (int i = 0; i < options.seeds; ++i) {
    set.seeds.push_back(options.first_seed + static_cast<std::uint64_t>(i));
  }
  if (options.sweep.values.empty()) set.scenarios.push_back(scenario);
  for (const double value : options.sweep.values) {
    set.scenarios.push_back(scenario);
    OFFRAMP_RETURN_IF_ERROR(ApplySweep(options.sweep.key, value, set.scenarios.back()));
  }
  std::vector<SimulationJob> jobs;
  for (const Scenario& point : set.scenarios) {
    SimulateOptions each = options.each;
    each.thresholds = {.fixed = point.fixed_threshold.value_or(kDefaultThreshold),
                       .tuned = point.tuned};
    for (const std::uint64_t seed : set.seeds) {
      for (const Policy policy : set.policies) {
        each.seed = seed;
        each.policy = policy;
        jobs.push_back({&point, each});
      }
    }
  }
  OFFRAMP_ASSIGN_OR_RETURN(set.results, RunJobs(jobs, options.threads, progress, stop));
  for (const auto& result : set.results) {
    set.interrupted = set.interrupted || !result || result->interrupted;
  }
  return set;
}

std::map<int, double> AnswerShares(const Scenario& scenario, const SimulationResult& result) {
  std::map<int, double> shares;
  for (int stage = 1; stage <= scenario.stage_count(); ++stage) {
    const bool answers = stage == scenario.stage_count() ||
                         scenario.stages[static_cast<std::size_t>(stage - 1)].exit;
    if (!answers) continue;
    const auto share = result.exit_share.find(stage);
    shares[stage] = share == result.exit_share.end() ? 0 : share->second;
  }
  return shares;
}

SeedStatistics OverSeeds(const std::vector<double>& values) {
  // Two-sided 95 % quantiles of Student's t by degrees of freedom, then the normal's.
  constexpr double kQuantiles[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                   2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                   2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                   2.060,  2.056, 2.052, 2.048, 2.045};
  SeedStatistics statistics;
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return statistics;
  for (const double value : values) statistics.mean += value / n;
  if (values.size() == 1) return statistics;
  double square = 0;
  for (const double value : values) {
    square += (value - statistics.mean) * (value - statistics.mean) / (n - 1);
  }
  const std::size_t freedom = values.size() - 2;  // index of n - 1 degrees
  const double quantile = freedom < std::size(kQuantiles) ? kQuantiles[freedom] : 1.96;
  statistics.half_width = quantile * std::sqrt(square / n);
  return statistics;
}

}  // namespace offramp
