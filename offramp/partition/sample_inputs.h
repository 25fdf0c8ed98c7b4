// Inputs to try a model with: shapes for its open extents, and random values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "offramp/base/random.h"
#include "offramp/base/result.h"
#include "offramp/core/tensor.h"

namespace offramp {

// "image" -> [1, 3, 224, 224]; extent 0 is not allowed.
using InputShapes = std::map<std::string, std::vector<std::int64_t>>;

struct SampleInput {
  std::string name;
  DataType datatype = DataType::kFp32;
  std::vector<std::int64_t> shape;  // of one task: axis 0 is 1
  std::vector<bool> open;           // by axis: the file leaves it open (axis 0 not counted)
};

// The graph's inputs with a number for every extent: as `given`, else guessed, which `notes` says.
// kInvalidArgument: an input that cannot be carried or has no batch axis, a shape given for none,
// or one that does not fit.
Result<std::vector<SampleInput>> SampleInputs(const onnx::GraphProto& graph,
                                              const InputShapes& given,
                                              std::vector<std::string>& notes);

// How far integers go: models with tables reject what is beyond them.
inline constexpr std::int64_t kIntegerRanges[] = {1000, 100, 16, 2};

// Random values: integers below `integers`, floats about 0, masks of ones.
Tensor RandomTensor(const SampleInput& input, std::int64_t rows, std::int64_t integers,
                    Random& random);

}  // namespace offramp
