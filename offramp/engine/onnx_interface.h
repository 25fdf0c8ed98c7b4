// What an ONNX file says of its inputs and outputs, held against the bundle. Knows no runtime.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "offramp/base/status.h"
#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"

namespace offramp {

// One input or output of the file.
struct OnnxPort {
  std::string name;
  std::optional<DataType> datatype;  // absent: something that we cannot carry (strings, sequences)
  std::vector<std::int64_t> shape;   // -1: any
};

struct OnnxInterface {
  std::vector<OnnxPort> inputs;
  std::vector<OnnxPort> outputs;
};

// The port `name`, or null.
const OnnxPort* FindPort(const std::vector<OnnxPort>& ports, const std::string& name);

// Whether the file is stage `stage` of `bundle`: its inputs are what the stage receives, every port
// in use has a batch axis and a datatype that we can carry, inputs of stage 1 and plain outputs are
// as the bundle says, the exit has the answer's type and rank, and what is sent is computed or
// received. kInvalidArgument names the tensor.
Status CheckInterface(const OnnxInterface& file, const Bundle& bundle, int stage);

// Whether `tensor` may be fed to `port`: datatype, rank, fixed extents, and as many bytes as its
// shape says. kInvalidArgument names the tensor.
Status CheckInput(const Tensor& tensor, const OnnxPort& port);

// "[-1, 28, 28]".
std::string ShapeText(const std::vector<std::int64_t>& shape);

}  // namespace offramp
