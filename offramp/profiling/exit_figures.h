// What every exit is worth: accuracy, temperature, calibration, and the profile's rows.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/model/bundle.h"
#include "offramp/profiling/calibration.h"
#include "offramp/profiling/logit_pass.h"

namespace offramp {

struct ExitFigureOptions {
  bool calibrate = true;   // false: the bundle's temperatures stay, and every row is profiled
  std::uint64_t seed = 1;  // of the draw of rows that temperatures are fitted on
};

// Shares of rows that leave at this exit, were it the only one, at these thresholds.
inline constexpr double kShownThresholds[] = {0.5, 0.8, 0.9};

struct ExitFigures {
  int stage = 0;
  double accuracy = 0;   // without labels: NaN
  double agreement = 0;  // with the last stage's answer
  double temperature_before = 1;
  double temperature = 1;
  ReliabilityCurve raw;                   // at temperature 1
  ReliabilityCurve before;                // at the bundle's
  ReliabilityCurve calibrated;            // at the new one
  std::vector<double> shares;             // by kShownThresholds, at the new temperature
  std::vector<double> accuracy_of_those;  // of rows that leave; NaN where none does
};

// One threshold at every exit.
struct ExitThresholdPoint {
  double threshold = 0;       // above 1: never
  double accuracy = 0;        // or agreement, without labels
  double gflops = 0;          // mean a task
  std::vector<double> leave;  // share by stage
};

struct ExitReport {
  bool labelled = false;
  std::int64_t fitted_rows = 0;    // temperatures come from these
  std::int64_t profiled_rows = 0;  // and everything else from these, which are others
  std::int64_t bad_rows = 0;       // of the profiled: some exit's logits held a NaN
  std::vector<ExitFigures> exits;  // with the last stage
  std::vector<ExitThresholdPoint> points;
  std::shared_ptr<const ExitProfile> profile;  // of the profiled rows
};

// Without labels the last stage's answers stand in for them: then its own temperature, which would
// have nothing to go by, stays as it is. Temperatures are rounded as they will be written.
// kInvalidArgument: too few rows.
Result<ExitReport> MeasureExits(const Bundle& bundle, const LogitPass& pass,
                                const ExitFigureOptions& options);

}  // namespace offramp
