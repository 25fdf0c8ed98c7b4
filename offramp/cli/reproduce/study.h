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
  bool papers = false;  // one of the baselines that the paper compares with
};

// At one point of an experiment, over the seeds.
struct Figures {
  SeedStatistics delay_s;
  SeedStatistics accuracy;
  SeedStatistics objective_s;  // delay - accuracy weight * accuracy
};

struct Curve {
  std::string name;
  std::vector<Figures> points;  // by Experiment::x
};

struct Experiment {
  std::string title;
  std::string text;  // what was varied and how, in a sentence or two
  std::string axis;
  std::vector<double> x;
  std::vector<Curve> curves;  // DTO-EE first
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
  std::function<void(const std::string& experiment, double share)> progress;
  std::function<bool()> stop;
};

std::vector<Arm> StudyArms(bool quick);

// Simulated; every arm sees the same tasks. kCancelled when stopped.
Result<Experiment> OverRate(const StudyOptions& options);
Result<Experiment> OverTime(const StudyOptions& options);
Result<Experiment> OverHeterogeneity(const StudyOptions& options);
Result<Experiment> OverWeight(const StudyOptions& options);

// Planned, at one load: neither (shares by capacity, tuned thresholds), only shares optimised, only
// thresholds, both (DTO-EE).
Result<Experiment> CouplingOff(const StudyOptions& options);
Result<Convergence> ByRounds(const StudyOptions& options);

}  // namespace offramp
