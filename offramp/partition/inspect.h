// Inspection: an ONNX model as a person who wants to cut it needs to see it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"
#include "offramp/partition/sample_inputs.h"

namespace offramp {

struct InspectedCut {
  std::vector<TensorSpec> tensors;
  std::int64_t bytes = 0;  // of one task, as all below
  double gflops_before = 0;
  double gflops_after = 0;
  std::int64_t weight_bytes_before = 0;
  std::int64_t weight_bytes_after = 0;
};

struct Inspection {
  std::string path;
  std::int64_t ir_version = 0;
  std::map<std::string, std::int64_t> opsets;  // by domain; "ai.onnx" for the default one
  std::vector<TensorSpec> inputs;              // -1: the batch, and what the file leaves open
  std::vector<TensorSpec> outputs;
  std::int64_t parameters = 0;  // numbers in weights
  std::int64_t weight_bytes = 0;
  double gflops = 0;
  std::map<std::string, int> operators;           // how many nodes of each
  std::map<std::string, double> operator_gflops;  // of those that cost any
  std::map<std::string, double> operator_ms;      // by name, of one task; empty: not measured
  std::vector<InspectedCut> cuts;                 // in order
  std::vector<std::string> notes;                 // what was assumed
};

// `measure`: runs the model on one thread to see how long each operator takes; those whose FLOPs
// are not known get what the known ones would have done in their time. Errors as ReadOnnxModel's
// and ModelProbe's.
Result<Inspection> InspectModel(const std::string& path, const InputShapes& shapes, bool measure);

}  // namespace offramp
