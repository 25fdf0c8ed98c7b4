#include <cmath>

#include "offramp/cli/reproduce/study_runs.h"

namespace offramp {
namespace {

constexpr double kLoad = 0.65;
constexpr int kWindows = 8;

// A surge of all devices, then the fastest node of the second stage in a slow mode, then the links
// out of the first stage at a third of their rate.
void AddChanges(double seconds, Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
    scenario.changes.push_back(
        {0.25 * seconds,
         DeviceRateChange{static_cast<int>(i), 1.25 * scenario.devices[i].tasks_per_s}});
  }
  for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
    scenario.changes.push_back(
        {0.5 * seconds, DeviceRateChange{static_cast<int>(i), scenario.devices[i].tasks_per_s}});
  }
  const auto node = static_cast<std::size_t>(FastestNode(scenario, 2));
  scenario.changes.push_back(
      {0.5 * seconds, NodeSpeedChange{static_cast<int>(scenario.devices.size() + node),
                                      0.5 * scenario.nodes[node].gflops_per_s}});
  for (std::size_t i = 0; i < scenario.links.size(); ++i) {
    if (scenario.part_stage(scenario.links[i].from) != 1) continue;
    scenario.changes.push_back(
        {0.75 * seconds, LinkRateChange{static_cast<int>(i), scenario.links[i].mbit_per_s / 3}});
  }
}

// Mean of a series over a window; NaN where nothing arrived.
double WindowMean(const SimulationSeries& series, const std::vector<double>& values, double from,
                  double to) {
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < series.t_s.size(); ++i) {
    if (series.t_s[i] < from || series.t_s[i] >= to || !std::isfinite(values[i])) continue;
    sum += values[i];
    ++count;
  }
  return sum / count;
}

}  // namespace

Result<Experiment> OverTime(const StudyOptions& options) {
  Experiment experiment{
      .title = "Over time",
      .text =
          "After a quarter of the time all devices send a quarter more; after half they send as "
          "before, and the fastest node of stage 2 falls to half its speed; after three "
          "quarters the links out of stage 1 fall to a third of their rate. Each column is an "
          "eighth of the time, by arrival, and named by its end in seconds. Baselines at the "
          "accuracy "
          "of dto-ee have it over the whole time.",
      .axis = "until s"};
  std::vector<Scenario> scenarios;
  for (int seed = 1; seed <= options.seeds; ++seed) {
    const PaperOptions paper{.seed = static_cast<std::uint64_t>(seed), .load = kLoad};
    OFFRAMP_ASSIGN_OR_RETURN(Scenario scenario,
                             PaperScenario(options.model, options.profile, paper));
    AddChanges(options.seconds, scenario);
    scenarios.push_back(std::move(scenario));
  }
  OFFRAMP_ASSIGN_OR_RETURN(
      const StudyRuns runs,
      RunStudyArms(options, experiment.title, std::move(scenarios), StudyArms(options.quick)));
  if (runs.points() == 0) return experiment;
  // The first window is the warm-up.
  for (int w = 1; w < kWindows; ++w) {
    const double from = options.seconds * w / kWindows;
    const double to = options.seconds * (w + 1) / kWindows;
    experiment.x.push_back(to);
    const auto window = [from, to](const SimulationResult& result) {
      return Outcome{WindowMean(result.series, result.series.delay_s, from, to),
                     WindowMean(result.series, result.series.accuracy, from, to)};
    };
    AddColumn(runs, 0, window, experiment);
  }
  experiment.columns = {"all"};
  AddColumn(runs, 0, WholeRun, experiment);
  return experiment;
}

}  // namespace offramp
