// From what a stage sends to one row of features a task, as ONNX nodes: the same nodes compute the
// features that an exit is fitted on and those that it will see.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/engine/onnx_runner.h"
#include "offramp/exits/graph_writer.h"

namespace offramp {

// A floating tensor that crosses after the stage, perhaps as int8 with a scale (split --carry
// int8). `shape` is one task's, without the batch axis: [c], [t, c] (tokens), [c, h, w] (space), or
// [c, t] and [c, d, h, w] with channels first.
struct ExitSource {
  std::string tensor;
  DataType datatype = DataType::kFp32;
  std::string scale;                // FP32 that int8 numbers are multiplied by; empty: none
  std::vector<std::int64_t> shape;  // extents as seen; only that of the channels must stay
  bool channels_first = true;       // always for [c, h, w]; of two axes, which one is c
  bool fixed = false;               // all extents stay: a grid can be laid over h and w

  std::int64_t channels() const { return channels_first ? shape.front() : shape.back(); }
  bool tokens() const { return shape.size() == 2 && !channels_first; }
  bool space() const { return shape.size() > 1 && channels_first; }
};

struct ExitInputs {
  std::vector<ExitSource> sources;
  std::string mask;  // [n, t], non-zero where there is a token; empty: none
  DataType mask_datatype = DataType::kInt64;
};

// How tensors with more axes than channels become one number a channel, or a few.
struct ExitPool {
  enum class Kind {
    kMean,   // over space; over tokens, those that the mask keeps if there is one
    kFirst,  // the first token; space as kMean
    kGrid    // the mean of each cell of a grid over [h, w]; tokens as kMean
  };
  Kind kind = Kind::kMean;
  int grid = 0;  // cells along h and along w

  bool operator==(const ExitPool&) const = default;
};

// "mean", "first", "grid 4x4".
std::string PoolName(const ExitPool& pool);

// Those that differ for these inputs, cheapest first.
std::vector<ExitPool> PoolsFor(const ExitInputs& inputs);

// Features of one task.
std::int64_t FeatureCount(const ExitInputs& inputs, const ExitPool& pool);

// Operations of one task, counted as `offramp inspect` counts them.
double PoolFlops(const ExitInputs& inputs, const ExitPool& pool);

// Appends the nodes; returns the features' name, FP32 [n, FeatureCount].
std::string AppendPooling(const ExitInputs& inputs, const ExitPool& pool, GraphWriter& writer);

// A model of nothing but pooling: inputs are the sources, their scales and the mask; outputs the
// features of each pool in order, called as PoolName. kInternal if the runtime rejects it.
Result<std::unique_ptr<OnnxRunner>> LoadPooling(const ExitInputs& inputs,
                                                const std::vector<ExitPool>& pools);

}  // namespace offramp
