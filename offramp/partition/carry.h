// Narrow carriage: what crosses a cut in fewer bits than it was computed in. The sender's stage
// ends with nodes that narrow, the receiver's begins with nodes that widen again: ordinary
// operators, so that any runtime runs the stages.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/partition/model_graph.h"
#include "offramp/partition/probe.h"
#include "offramp/partition/staging.h"

namespace offramp {

enum class Carry {
  kAsComputed,
  kFp16,  // IEEE half precision; beyond 65504 it is infinite, and the comparison refuses it
  kInt8,  // symmetric, a scale for each row's channel or token (axis 1), or for the row of [n, c]
};

// A tensor that travels in place of a value.
struct CarriedTensor {
  std::string name;
  DataType datatype = DataType::kFp32;
  std::vector<std::int64_t> shape;  // of one task
  std::vector<bool> open;           // by axis
  std::int64_t bytes = 0;           // of one task
};

// What of the values that cross between `stages` is narrowed: those in FP32 that a stage computes.
// Inputs of the model, integers and half-precision tensors travel as they are.
class Narrowing {
 public:
  Narrowing() = default;
  // kInvalidArgument: the model's operator set is too old to say it.
  static Result<Narrowing> Of(Carry carry, const onnx::ModelProto& model, const ModelGraph& graph,
                              const Probed& probed, const std::vector<StageParts>& stages);

  // Null: travels as it is.
  const std::vector<CarriedTensor>* Of(ValueId value) const;
  // Nodes after which the carried tensors are there; and the other way about.
  void AddNarrowing(ValueId value, const std::string& name, onnx::GraphProto& out) const;
  void AddWidening(ValueId value, const std::string& name, onnx::GraphProto& out) const;

 private:
  Carry carry_ = Carry::kAsComputed;
  bool axes_as_input_ = false;  // of ReduceMax, since operator set 18
  std::map<ValueId, std::vector<CarriedTensor>> values_;
};

}  // namespace offramp
