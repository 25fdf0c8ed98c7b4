// Early exits for a bundle that has none, from data alone (`offramp exits`): runs the stages over
// rows, fits a classifier after each chosen stage to what the last stage answers, and appends it to
// the stage's file. START HERE.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"
#include "offramp/model/bundle.h"

namespace offramp {

enum class PoolWish { kAuto, kMean, kFirst, kGrid };

struct AttachOptions {
  std::string folder;      // of the new bundle, must not be there; empty: replaces the old one
  std::vector<int> after;  // stages; empty: all before the last that have no exit
  bool replace = false;    // also stages that have an exit: theirs is taken away
  int hidden = 0;          // units of a hidden layer; 0: none
  PoolWish pool = PoolWish::kAuto;  // of those within `flops_goal`, the best on held-out rows
  double held_out = 0.2;            // share of the rows that only the report and the profile see
  std::int64_t max_rows = 0;        // 0: all
  std::uint64_t seed = 1;
  int threads = 1;           // of the stages
  double flops_goal = 0.02;  // what an exit may add to its stage's FLOPs without a word
  std::function<void(const std::string&)> progress;  // in a few words
  std::function<bool()> stop;                        // asked between steps; null: never
};

struct AttachedExit {
  int stage = 0;
  std::string output;         // its name in the file and the bundle
  std::string pool;           // "mean", "first", "grid 4x4"
  std::int64_t features = 0;  // numbers that it is computed from
  double l2 = 0;              // the weight decay that did best
  double temperature = 1;
  double agreement = 0;            // with the last stage; this and what follows on held-out rows
  std::optional<double> accuracy;  // absent: the data have no labels
  double calibration_error_before = 0;  // expected calibration error at temperature 1
  double calibration_error_after = 0;
  double flops = 0;        // that it adds to a task
  double flops_share = 0;  // of the stage's without it
};

struct AttachReport {
  Bundle bundle;  // as it is now
  std::vector<AttachedExit> exits;
  std::optional<double> last_accuracy;  // of the last stage
  std::int64_t fitting_rows = 0;
  std::int64_t choosing_rows = 0;
  std::int64_t held_out_rows = 0;
  std::int64_t checked_rows = 0;  // on which the new files were run
  double max_difference = 0;      // of the exits' answers from their fit, |d| / (1 + |answer|)
  std::vector<std::string> notes;
};

// All or nothing: the bundle is as it was unless this succeeds. `data` must be opened for `bundle`.
// Its exit profile is written anew from the held-out rows.
// Errors, one line: kInvalidArgument (a model whose answer is not FP32 [n, classes], stages that
// are not there or have an exit, data that do not do), kCancelled when stopped, kInternal where the
// disk is to blame or the new bundle does not answer as the old one.
Result<AttachReport> AttachExits(const Bundle& bundle, DataSet& data, const AttachOptions& options);

}  // namespace offramp
