// An exit as ordinary nodes of a stage's ONNX graph: adding one, and taking one away.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <onnx/onnx_pb.h>

#include "offramp/base/result.h"
#include "offramp/exits/classifier.h"
#include "offramp/exits/pooling.h"

namespace offramp {

struct ExitDesign {
  ExitInputs inputs;
  ExitPool pool;
  Classifier classifier;       // of raw features
  bool probabilities = false;  // the model's answers are probabilities: end with a Softmax
};

// Multiply-adds count as two.
double ExitFlops(const ExitDesign& design);
double ClassifierFlops(std::int64_t features, int hidden, std::int64_t classes, bool probabilities);

// Bytes of its weights.
std::int64_t ExitWeightBytes(const Classifier& classifier);

// Appends the exit to stage `stage`'s model as a new output FP32 [n, classes], whose name is free
// in the file and not among `taken`; the mask becomes an input where it was none. Nothing else of
// the model changes. kInvalidArgument: an operator set that is too old. Returns the output's name.
Result<std::string> AddExit(const ExitDesign& design, int stage, const std::set<std::string>& taken,
                            onnx::ModelProto& model);

// Takes `output` from the graph's outputs, and every node and weight that only it needed. Returns
// the operations of matrix products that went with it (2 for each weight).
double RemoveOutput(const std::string& output, onnx::GraphProto& graph);

}  // namespace offramp
