// Simulate: checks what is asked for, puts a router under the event loop, and sums up.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/simulate/draws.h"
#include "offramp/simulate/live_router.h"
#include "offramp/simulate/network.h"
#include "offramp/simulate/own_router.h"
#include "offramp/simulate/recorder.h"
#include "offramp/simulate/share_router.h"
#include "offramp/simulate/simulation.h"
#include "offramp/simulate/simulator.h"
#include "offramp/simulate/start_strategy.h"

namespace offramp {

namespace {

constexpr double kWarmupShare = 0.1;
constexpr double kMostSeconds = 1e9;

// Tasks per second of all devices, at its most.
double LargestRate(const Scenario& scenario) {
  double most = 0;
  double now = 0;
  std::vector<double> rate;
  for (const ScenarioDevice& device : scenario.devices) {
    rate.push_back(device.tasks_per_s);
    now += device.tasks_per_s;
  }
  most = now;
  for (const ScenarioChange& change : scenario.changes) {
    if (const auto* to = std::get_if<DeviceRateChange>(&change.what)) {
      double& of_device = rate[static_cast<std::size_t>(to->part)];
      now += to->tasks_per_s - of_device;
      of_device = to->tasks_per_s;
      most = std::max(most, now);
    }
  }
  return most;
}

double RateAtStart(const Scenario& scenario) {
  double sum = 0;
  for (const ScenarioDevice& device : scenario.devices) sum += device.tasks_per_s;
  return sum;
}

Status CheckThresholds(const Scenario& scenario, const ThresholdSetting& setting) {
  if (!setting.by_stage.empty()) {
    const auto fits = [](double threshold) { return std::isfinite(threshold) && threshold >= 0; };
    if (setting.by_stage.size() + 1 == scenario.stages.size() &&
        std::all_of(setting.by_stage.begin(), setting.by_stage.end(), fits)) {
      return OkStatus();
    }
    return InvalidArgumentError("thresholds: must be numbers >= 0, one a stage before the last");
  }
  if (setting.tuned || (std::isfinite(setting.fixed) && setting.fixed >= 0)) return OkStatus();
  return InvalidArgumentError("thresholds: must be a number >= 0, or tuned");
}

// Warm-up and end, or why not.
Result<SimulatorLimits> LimitsOf(const Scenario& scenario, const SimulateOptions& options) {
  SimulatorLimits limits;
  const double rate = RateAtStart(scenario);
  double expected_s = options.seconds;
  if (options.tasks) {
    if (*options.tasks < 1 || *options.tasks > kMostSimulatedTasks) {
      return InvalidArgumentError(
          Format("tasks: must be 1 to %lld", static_cast<long long>(kMostSimulatedTasks)));
    }
    if (!(LargestRate(scenario) > 0)) {
      return InvalidArgumentError("tasks: no device ever sends any (tasks_per_s is 0)");
    }
    limits.tasks = *options.tasks;
    limits.end_s = std::numeric_limits<double>::infinity();
    // The warm-up is to be its share of the whole.
    const double from = rate > 0 ? rate : LargestRate(scenario);
    expected_s = static_cast<double>(*options.tasks) / from / (1 - kWarmupShare);
  } else {
    if (!(options.seconds > 0) || options.seconds > kMostSeconds) {
      return InvalidArgumentError("seconds: must be > 0 and at most 1e9");
    }
    const double tasks = LargestRate(scenario) * options.seconds;
    if (tasks > static_cast<double>(kMostSimulatedTasks)) {
      return InvalidArgumentError(
          Format("seconds: %g s bring up to %.3g tasks, at most %lld are "
                 "simulated",
                 options.seconds, tasks, static_cast<long long>(kMostSimulatedTasks)));
    }
    limits.end_s = options.seconds;
  }
  limits.warmup_s = options.warmup_s.value_or(kWarmupShare * expected_s);
  if (!(limits.warmup_s >= 0) || !(limits.warmup_s < limits.end_s)) {
    return InvalidArgumentError("warmup: must be >= 0 and shorter than the simulation");
  }
  const double before = LargestRate(scenario) * limits.warmup_s;
  if (before > static_cast<double>(kMostSimulatedTasks)) {
    return InvalidArgumentError(
        Format("warmup: brings up to %.3g tasks, at most %lld are simulated", before,
               static_cast<long long>(kMostSimulatedTasks)));
  }
  limits.progress = options.progress;
  limits.stop = options.stop;
  return limits;
}

void FillParts(const Scenario& scenario, const Network& network, const Simulator& simulator,
               double span_s, SimulationResult& result) {
  const auto per_s = [span_s](double sum) { return span_s > 0 ? sum / span_s : 0.0; };
  int overloaded = 0;
  int worst = -1;
  double most = 1;
  for (int part = network.devices(); part < network.parts(); ++part) {
    const SimNode& node = simulator.node(part);
    const double load = per_s(node.busy_s);
    const auto arrivals = static_cast<double>(node.arrivals);
    result.utilization.push_back(std::min(load, 1.0));
    result.mean_in_system.push_back(per_s(node.in_system_task_s));
    result.arrival_rate_per_s.push_back(per_s(arrivals));
    result.mean_sojourn_s.push_back(node.arrivals > 0 ? node.sojourn_task_s / arrivals : 0);
    if (load <= 1) continue;
    ++overloaded;
    if (load > most) {
      most = load;
      worst = part;
    }
  }
  if (overloaded > 0) {
    result.warnings.push_back(Format(
        "%d node(s) got more work than they can do; the most %s: %.0f %%. Their queues grew as "
        "long as tasks came",
        overloaded, scenario.part_name(worst).c_str(), 100 * most));
  }
  for (int index = 0; index < static_cast<int>(scenario.links.size()); ++index) {
    const auto link = static_cast<std::size_t>(network.LinkOfScenario(index));
    result.link_flow_per_s.push_back(per_s(static_cast<double>(simulator.counted_by_link()[link])));
  }
  if (result.refused > 0) {
    result.warnings.push_back(
        Format("%.1f %% of the tasks were refused at their devices",
               100 * static_cast<double>(result.refused) / static_cast<double>(result.generated)));
  }
}

}  // namespace

Result<SimulationResult> Simulate(const Scenario& scenario, const SimulateOptions& options) {
  OFFRAMP_RETURN_IF_ERROR(CheckScenario(scenario));
  OFFRAMP_RETURN_IF_ERROR(CheckThresholds(scenario, options.thresholds));
  OFFRAMP_ASSIGN_OR_RETURN(SimulatorLimits limits, LimitsOf(scenario, options));

  const Draws draws(options.seed);
  Network network(scenario);
  std::unique_ptr<Router> router;
  if (options.own != nullptr) {
    router = std::make_unique<OwnRouter>(scenario, network, options.own, draws);
  } else {
    OFFRAMP_ASSIGN_OR_RETURN(const Problem problem, ProblemOf(scenario));
    OFFRAMP_ASSIGN_OR_RETURN(StartStrategy start, ChooseStart(scenario, problem, options));
    Network::Flat flat = network.Flatten(scenario, problem, start.strategy);
    if (IsShareBased(options.policy)) {
      router = std::make_unique<ShareRouter>(network, std::move(flat), draws);
    } else {
      router = std::make_unique<LiveRouter>(scenario, network, options, problem, start,
                                            std::move(flat), draws);
    }
  }

  const double warmup_s = limits.warmup_s;
  Recorder recorder(network.stages(), warmup_s);
  Simulator simulator(scenario, network, *router, recorder, draws, std::move(limits));
  SimulationResult result;
  result.policy = options.policy;
  result.seed = options.seed;
  result.interrupted = !simulator.Run();
  recorder.Fill(result);
  if (!scenario.changes.empty() && scenario.changes[0].at_s < simulator.arrivals_end_s()) {
    // Trends and dependent batches are then the scenario's own.
    result.warnings = {
        "the scenario changes during the run: there is no steady state, and the "
        "interval on the mean delay says little"};
  }
  FillParts(scenario, network, simulator, simulator.arrivals_end_s() - warmup_s, result);
  result.objective_met = router->objective_met();
  result.accuracy_weight_s = router->accuracy_weight_s(scenario.objective.accuracy_weight_s);
  result.most_under_way = static_cast<std::int64_t>(simulator.most_tasks());
  result.before = simulator.before_counted();
  result.events = simulator.events();
  result.simulated_s = simulator.now_s();
  return result;
}

}  // namespace offramp
