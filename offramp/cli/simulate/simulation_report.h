// Simulation results as one self-contained HTML file.
#pragma once

#include <string>

#include "offramp/cli/json_text.h"
#include "offramp/cli/simulate/run_set.h"

namespace offramp {

struct SimulationReportFacts {
  std::string scenario_path;
  std::string made_at;  // date and time for people
  std::string version;
  double seconds = 0;  // of arrivals; where charts end
  double warmup_s = 0;
};

// Delay and accuracy over time with the scenario's changes marked, distribution of delays,
// thresholds, utilisation, flows over the topology; with a sweep, delay and accuracy over it.
// Series are those of the first seed, at the first point that was run.
std::string SimulationReportHtml(const SimulationReportFacts& facts, const RunSet& set);

// What the page holds; separate for tests.
OrderedJson SimulationReportData(const SimulationReportFacts& facts, const RunSet& set);

// A change in a few words, as "es1-0 down".
std::string ChangeLabel(const Scenario& scenario, const ScenarioChange& change);

}  // namespace offramp
