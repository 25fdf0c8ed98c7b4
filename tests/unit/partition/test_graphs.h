// Small graphs for tests of the partitioner.
#pragma once

#include <string>
#include <vector>

#include "offramp/partition/onnx_model.h"

namespace offramp {

onnx::NodeProto& AddNode(onnx::GraphProto& graph, const std::string& operation,
                         const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs);
void AddPort(onnx::ValueInfoProto& port, const std::string& name,
             const std::vector<std::int64_t>& shape);  // 0: open
void AddWeight(onnx::GraphProto& graph, const std::string& name,
               const std::vector<std::int64_t>& shape, float first);

// x [n, 4] -> `layers` times MatMul with a weight of [4, 4] and Relu -> y; the first layer's result
// is added again at the end.
OnnxModel ChainModel(int layers);

}  // namespace offramp
