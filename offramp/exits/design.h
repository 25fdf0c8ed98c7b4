// From collected rows to one exit: pooling, weight decay and temperature by rows that the weights
// were not fitted on, and how well it does on rows that nothing was chosen by.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "offramp/base/result.h"
#include "offramp/exits/collect.h"
#include "offramp/exits/exit_nodes.h"
#include "offramp/profiling/calibration.h"

namespace offramp {

struct DesignOptions {
  int hidden = 0;
  std::uint64_t seed = 1;
  std::function<bool()> stop;
};

struct DesignedExit {
  ExitDesign design;  // weights as the file holds them
  double temperature = 1;
  double l2 = 0;
  double loss = 0;                 // cross-entropy against the targets, choosing rows
  LogitRows held_out;              // what the exit answers for the held-out rows
  double agreement = 0;            // with the last stage, held-out rows
  std::optional<double> accuracy;  // where there are labels
  double error_before = 0;         // expected calibration error at temperature 1, held-out rows
  double error_after = 0;          // at `temperature`
};

// The exit after the stage at `index` of the collected ones. kCancelled when stopped; kInternal
// where a temporary file cannot be read.
Result<DesignedExit> DesignExit(const Collected& rows, std::size_t index,
                                const DesignOptions& options);

// What counts as right: the labels, or without any the last stage's answers.
const std::vector<std::int32_t>& Truth(const RowPart& part);

// An exit's answers for all rows of a spool of its features.
Result<LogitRows> Predict(const ExitDesign& design, const RowSpool& features);

}  // namespace offramp
