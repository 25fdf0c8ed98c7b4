// Every exit's logits over a data set: rows in pieces, several at a time, and kept in a file as
// they come, so that a pass that was stopped goes on where it was.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"
#include "offramp/model/bundle.h"
#include "offramp/profiling/calibration.h"

namespace offramp {

struct LogitPassOptions {
  std::int64_t rows = 0;         // of the set, spread evenly over it; 0: all
  std::int64_t piece_rows = 32;  // that run at once
  int threads = 1;               // pieces at once; each thread loads the model
  std::string progress_file;     // empty: nothing is kept
  std::string identity;          // of model and data: a file of another's is not gone on with
  std::function<void(std::int64_t rows)> resumed;  // some are there already; may be empty
  std::function<bool()> stop;                      // asked between pieces; may be empty
  std::function<void(std::int64_t done, std::int64_t all)> progress;  // in rows; may be empty
};

struct LogitPass {
  std::vector<LogitRows> exits;      // by stage; no classes where a stage has no exit
  std::vector<std::int32_t> labels;  // by row; empty: the set has none
  std::int64_t rows = 0;
  std::int64_t resumed_rows = 0;  // of them from an earlier call
};

// The most memory that the logits may take.
inline constexpr std::int64_t kMostLogitBytes = std::int64_t{2} << 30;

// Blocks. kCancelled when stopped (what is done stays in the file); kInvalidArgument when data and
// model do not fit, naming row or stage, or when the logits would take too much memory; what
// LoadEngine says. The caller removes the file once it needs it no longer.
Result<LogitPass> RunLogitPass(const Bundle& bundle, DataSet& data,
                               const LogitPassOptions& options);

// Row `i` of `rows` ones spread over a set of `all`.
std::int64_t SpreadRow(std::int64_t i, std::int64_t rows, std::int64_t all);

// Rows SpreadRow(first..first+count) of the set, in order: as few runs as there are changes of row
// shape (texts differ in length).
Result<std::vector<DataRows>> ReadSpread(DataSet& data, std::int64_t first, std::int64_t count,
                                         std::int64_t rows);

}  // namespace offramp
