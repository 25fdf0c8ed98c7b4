// The experiments of the paper's evaluation, each as a table of figures with intervals over seeds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/cli/reproduce/paper_scenario.h"
#include "offramp/cli/simulate/run_set.h"

namespace offramp {

// One policy with one way to set thresholds.
struct Arm {
  std::string name;
  Policy policy = Policy::kDtoEe;
  ThresholdSetting thresholds;
  LiveRule rule;
  bool papers = false;  // one of the baselines that the paper compares with
};

// At one point of an experiment, over the seeds.
struct Figures {
  SeedStatistics delay_s;
  SeedStatistics accuracy;
  SeedStatistics objective_s;        // delay - accuracy weight * accuracy
  SeedStatistics objective_above_s;  // that of the first curve, seed by seed
  SeedStatistics delay_lower;        // first curve's delay is lower by this share, seed by seed
  SeedStatistics accuracy_higher;    // and its accuracy higher by this, 0..1
};

struct Curve {
  std::string name;
  bool papers = false;
  std::vector<Figures> points;  // by Experiment::x and columns
};

// A baseline with the thresholds of its own that give it the first curve's accuracy, seed by seed.
struct EqualFigures {
  SeedStatistics delay_s;
  SeedStatistics delay_lower;  // of the first curve, seed by seed: share of the baseline's delay
  int seeds = 0;               // at which it reaches that accuracy at all
  int of = 0;
};
struct EqualCurve {
  std::string name;
  bool papers = false;
  std::vector<EqualFigures> points;
};

// Of the experiment in which the paper's claims are looked for.
inline constexpr char kRateTitle[] = "Arrival rate";

struct Experiment {
  std::string title;
  std::string text;  // what was varied and how, in a sentence or two
  std::string axis;
  std::vector<double> x;
  std::vector<std::string> columns;  // points with a name in place of a number, after those of `x`
  std::vector<Curve> curves;         // DTO-EE first
  std::vector<EqualCurve> equal;     // empty where accuracies do not call for it
  bool by_objective = false;         // curves are variants of DTO-EE: show objective_above_s
};

// Rounds until the objective is near the best one known, in % of the delay.
struct Convergence {
  std::vector<int> rounds;
  std::vector<SeedStatistics> excess_percent;  // by rounds
};

struct StudyOptions {
  PaperModel model;
  std::shared_ptr<const ExitProfile> profile;
  int seeds = 5;        // of scenario, arrivals and everything else: 1, 2, ...
  double seconds = 60;  // of simulated arrivals a run
  bool quick = false;   // fewer points and arms
  int threads = 1;
  std::function<void(const std::string& experiment, double share)> progress;  // may be null
  std::function<bool()> stop;                                                 // may be null
};

std::vector<Arm> StudyArms(bool quick);

// Each of them, when stopped, has the points that were complete by then, maybe none.
//
// Simulated; every arm sees the same tasks.
Result<Experiment> OverRate(const StudyOptions& options);
Result<Experiment> OverTime(const StudyOptions& options);
Result<Experiment> OverHeterogeneity(const StudyOptions& options);
Result<Experiment> OverWeight(const StudyOptions& options);

// Planned: neither (shares by capacity, tuned thresholds), only shares optimised, only thresholds,
// both (DTO-EE).
Result<Experiment> CouplingOff(const StudyOptions& options);
Result<Convergence> ByRounds(const StudyOptions& options);

// Fleets at random, not those of the paper: each ingredient of the live rule switched off, in quiet
// and in events. Does not look at `model`.
Result<Experiment> Ingredients(const StudyOptions& options);

}  // namespace offramp
