// The simulations behind an experiment: all arms on every scenario, then each baseline once more at
// the accuracy that DTO-EE had there; and the tables made of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "offramp/cli/reproduce/study.h"
#include "offramp/cli/simulate/run_jobs.h"

namespace offramp {

// A baseline's two runs around the accuracy of the first arm: `along` of the way from one to the
// other. Beyond the ends of what its thresholds can do both are the last one.
struct EqualRun {
  SimulationResult below, above;
  double along = 0;
  bool reached = false;  // false: no thresholds have so much accuracy
};

struct StudyRuns {
  std::vector<Arm> arms;
  std::vector<Arm> baselines;  // of `equal`
  int seeds = 1;
  std::vector<Scenario> scenarios;        // by point and seed; complete points only
  std::vector<SimulationResult> results;  // by scenario and arm
  std::vector<EqualRun> equal;            // by scenario and baseline; empty: stopped before

  std::size_t points() const {
    return seeds > 0 ? scenarios.size() / static_cast<std::size_t>(seeds) : 0;
  }
};

// Scenarios by point and seed. Stopped: with the points that were complete.
Result<StudyRuns> RunStudyArms(const StudyOptions& options, const std::string& title,
                               std::vector<Scenario> scenarios, const std::vector<Arm>& arms);

// Index of the fastest node of a stage; -1: it has none.
int FastestNode(const Scenario& scenario, int stage);

// What a column of a table is about, in one run.
struct Outcome {
  double delay_s = 0;
  double accuracy = 0;
};
using OutcomeOf = std::function<Outcome(const SimulationResult& result)>;
Outcome WholeRun(const SimulationResult& result);

// Appends a column over the seeds of `point` to every curve of the experiment; makes the curves
// with the first one.
void AddColumn(const StudyRuns& runs, std::size_t point, const OutcomeOf& outcome,
               Experiment& experiment);

// One column of curves from values by curve and seed.
struct ColumnValues {
  std::vector<std::vector<Outcome>> by_curve;  // by curve and seed
  std::vector<double> weight_s;                // accuracy weight, by seed
};
std::vector<Figures> FiguresOf(const ColumnValues& values);

}  // namespace offramp
