// Simulate: a Scenario under a policy, task by task (formats.md "Simulation result").
//
// Discrete events ordered by (time, sequence number): the same seed gives the same result, bit for
// bit, whatever runs beside it. Several policies see the same arrivals, the same profile rows and
// the same service draws (common random numbers). Adaptive policies run inside: the same Sender,
// ExitRule and DtoEeAgent as the daemons, with their periods, reports and message delays.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/live_rule.h"
#include "offramp/core/policy.h"
#include "offramp/core/scenario.h"
#include "offramp/core/strategy.h"
#include "offramp/simulate/own_policy.h"

namespace offramp {

// Thresholds of policies that do not set them.
struct ThresholdSetting {
  double fixed = 0.8;
  bool tuned = false;  // best stage-wide values for the scenario at t = 0, in place of `fixed`
  std::vector<double> by_stage;  // in place of both: one a stage before the last; empty: none
};

struct SimulateOptions {
  Policy policy = Policy::kDtoEe;
  ThresholdSetting thresholds;
  double seconds = 600;               // arrivals stop then; the system drains
  std::optional<std::int64_t> tasks;  // in place of `seconds`: arrivals stop after so many that
                                      // count, those of the warm-up come before
  std::optional<double> warmup_s;     // absent: a tenth of `seconds`, or of the time `tasks` take
  std::uint64_t seed = 1;
  // Devices refuse what the fleet cannot carry, as gateways do (optimize/admission.h); under live
  // policies only. Off: queues of an overloaded system grow, and a warning says so; on, delays are
  // those of the tasks that were taken, and say nothing of the others.
  bool admission = false;
  LiveRule rule;  // dto-ee without some of its ingredients; for studies
  // In place of `policy`; used by this one simulation. Null: `policy`.
  std::shared_ptr<OwnPolicy> own;
  std::optional<Strategy> start;  // shares and thresholds to begin with; absent: the policy's
                                  // own (dto-ee, nash, genetic, optimum: their plan at t = 0)
  // dto-ee begins as a fleet that has just come up: even shares (or those of `start`), thresholds
  // of 0.8, nothing measured; else it has settled on a plan.
  bool cold = false;
  // Called now and then with the share done, 0 to 1. Null: silent.
  std::function<void(double)> progress;
  // Asked now and then: true ends the run with what is done so far. Null: never.
  std::function<bool()> stop;
};

struct SimulationSeries {                                 // 1 s bins by arrival
  std::vector<double> t_s, delay_s, accuracy, threshold;  // NaN where nothing arrived
};

// Everything is over the tasks that arrived after the warm-up, and per second of the time from its
// end to the end of arrivals.
struct SimulationResult {
  Policy policy = Policy::kDtoEe;
  std::uint64_t seed = 1;
  std::int64_t generated = 0, finished = 0, refused = 0, lost = 0;
  std::int64_t before =
      0;  // tasks that arrived in the warm-up: the first that counts has this number
  std::int64_t resent = 0;  // sent once more because the receiver died, as often as that happened
  double mean_delay_s = 0;
  double mean_ci95_s[2] = {0, 0};  // batch means (steady_state.h)
  double p50_s = 0, p95_s = 0, p99_s = 0;
  std::vector<double> delay_quantile_s;    // 0 %, 1 %, .. 100 %; empty where nothing finished
  double accuracy = 0;                     // 0 without a profile
  std::map<int, double> exit_share;        // by stage
  std::vector<double> utilization;         // by node, in the scenario's order; at most 1
  std::vector<double> mean_in_system;      // by node: integral of the number there over time (L)
  std::vector<double> arrival_rate_per_s;  // by node (lambda)
  std::vector<double> mean_sojourn_s;      // by node: waiting and service of a task (W)
  std::vector<double> link_flow_per_s;     // by the scenario's link
  SimulationSeries series;
  bool objective_met = true;        // of a floor or a ceiling: says every device, at the end
  double accuracy_weight_s = 0;     // in force at the end, mean over devices
  std::int64_t most_under_way = 0;  // tasks at one time
  std::int64_t events = 0;
  double simulated_s = 0;  // until the last task was answered
  bool interrupted = false;
  std::vector<std::string> warnings;  // too short, unstable, ...
};

// What a run may ask for: a bound on its memory.
inline constexpr std::int64_t kMostSimulatedTasks = 100'000'000;

// kInvalidArgument: the scenario or an option makes no sense, or asks for more tasks than the
// limit.
Result<SimulationResult> Simulate(const Scenario& scenario, const SimulateOptions& options);

}  // namespace offramp
