// Adding nodes to an ONNX graph under names that are free in it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "offramp/base/result.h"
#include "offramp/exits/classifier.h"

namespace offramp {

// Every name of a value or node of the graph, of its subgraphs too.
std::set<std::string> NamesIn(const onnx::GraphProto& graph);

// Version of the default operator set. kInvalidArgument below 7, where broadcasting was different;
// a model without it (only operators of other domains) is given 13.
Result<int> DefaultOpset(onnx::ModelProto& model);

// One thread at a time; `graph` outlives it. Every node and value is called `prefix` and something.
class GraphWriter {
 public:
  GraphWriter(onnx::GraphProto& graph, int opset, std::string prefix);

  int opset() const { return opset_; }

  // `name` itself where it is free, else with a number behind; taken from now on.
  std::string Free(const std::string& name);

  // A node of one output, whose name is returned: `output`, or a free one if that is empty.
  struct IntAttribute {
    std::string name;
    std::vector<std::int64_t> values;
    bool list = true;  // false: the attribute is one number
  };
  std::string Node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<IntAttribute>& attributes = {},
                   const std::string& output = {});

  // A reduction over `axes`, which were an attribute before `input_since`, an input from then on.
  std::string Over(const std::string& op, const std::string& input,
                   const std::vector<std::int64_t>& axes, int input_since,
                   const std::vector<IntAttribute>& more = {});

  // Weights. A scalar has no shape.
  std::string Ints(const std::string& name, const std::vector<std::int64_t>& values, bool scalar);
  std::string Float(const std::string& name, float value);
  std::string Floats(const std::string& name, const Eigen::MatrixXd& values);
  std::string Floats(const std::string& name, const Eigen::RowVectorXd& values);

 private:
  onnx::TensorProto& Weight(const std::string& name, int type);

  onnx::GraphProto& graph_;
  const int opset_;
  const std::string prefix_;
  std::set<std::string> names_;
};

}  // namespace offramp
