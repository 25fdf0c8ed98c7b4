// One pass over the data: what every stage sends and answers, kept as rows to fit exits on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"
#include "offramp/exits/pooling.h"
#include "offramp/exits/row_spool.h"
#include "offramp/model/bundle.h"
#include "offramp/model/confidence.h"

namespace offramp {

struct CollectOptions {
  std::vector<int> stages;    // that will have an exit, ascending
  double held_out = 0.2;      // share of the rows kept apart for what is printed
  std::int64_t max_rows = 0;  // drawn from all rows; 0: all
  std::uint64_t seed = 1;     // of the draw and of who is kept apart
  int threads = 1;            // of the stages
  // Which pools to keep features of.
  std::function<Result<std::vector<ExitPool>>(int stage, const ExitInputs&)> pools;
  std::function<void(std::int64_t done, std::int64_t rows)> progress;
  std::function<bool()> stop;  // null: never
};

// Rows of one purpose.
struct RowPart {
  std::vector<std::int64_t> rows;               // in the data set, ascending
  std::vector<std::vector<RowSpool>> features;  // by stage of `stages`, by pool
  std::vector<RowSpool> targets;                // one: the last stage's probabilities
  std::vector<std::int32_t> answers;            // the last stage's largest
  std::vector<std::int32_t> labels;             // empty: the data have none
  std::vector<std::vector<Confidence>> exits;   // by stage: of the exits that the bundle has
};

struct Collected {
  RowPart fitting;
  RowPart choosing;                          // weight decay, pooling and temperature
  RowPart held_out;                          // all that is printed
  std::vector<ExitInputs> inputs;            // by stage of `stages`
  std::vector<std::vector<ExitPool>> pools;  // the same
  std::vector<std::int64_t> mask_bytes;      // of the mask of one task, 0 without
  std::int64_t classes = 0;
  bool probabilities = false;  // the last stage ends with a softmax: its answers are no logits
  bool spooled = false;        // features were too many for memory
  std::vector<std::string> notes;
};

// Bytes of features that are kept in memory; more go to a temporary file.
inline constexpr std::int64_t kFeatureBytesInMemory = std::int64_t{256} << 20;

// kInvalidArgument: too few rows, an answer that is not finite (naming the row), or stages whose
// tensors no exit can read; kCancelled when stopped; kInternal: the disk is full. Errors of the
// stages and of the data as they are.
Result<Collected> CollectRows(const Bundle& bundle, DataSet& data, const CollectOptions& options);

}  // namespace offramp
