#include "offramp/exits/graph_writer.h"

#include <utility>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr int kLeastOpset = 7;
constexpr int kNewOpset = 13;

void AddNames(const onnx::GraphProto& graph, std::set<std::string>& names) {
  for (const auto& input : graph.input()) names.insert(input.name());
  for (const auto& output : graph.output()) names.insert(output.name());
  for (const auto& weight : graph.initializer()) names.insert(weight.name());
  for (const auto& weight : graph.sparse_initializer()) names.insert(weight.values().name());
  for (const auto& node : graph.node()) {
    names.insert(node.name());
    names.insert(node.input().begin(), node.input().end());
    names.insert(node.output().begin(), node.output().end());
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) AddNames(attribute.g(), names);
      for (const auto& subgraph : attribute.graphs()) AddNames(subgraph, names);
    }
  }
}

template <typename Numbers>
void Put(const Numbers& values, onnx::TensorProto& tensor) {
  for (const auto value : values) tensor.add_float_data(static_cast<float>(value));
}

}  // namespace

std::set<std::string> NamesIn(const onnx::GraphProto& graph) {
  std::set<std::string> names;
  AddNames(graph, names);
  return names;
}

Result<int> DefaultOpset(onnx::ModelProto& model) {
  for (const auto& import : model.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    if (import.version() >= kLeastOpset) return static_cast<int>(import.version());
    return InvalidArgumentError(Format("is of operator set %lld, expected at least %d",
                                       static_cast<long long>(import.version()), kLeastOpset));
  }
  auto& import = *model.add_opset_import();
  import.set_domain("");
  import.set_version(kNewOpset);
  return kNewOpset;
}

GraphWriter::GraphWriter(onnx::GraphProto& graph, int opset, std::string prefix)
    : graph_(graph), opset_(opset), prefix_(std::move(prefix)), names_(NamesIn(graph)) {}

std::string GraphWriter::Free(const std::string& name) {
  std::string free = name;
  for (int i = 2; !names_.insert(free).second; ++i) free = name + Format("_%d", i);
  return free;
}

std::string GraphWriter::Node(const std::string& op, const std::vector<std::string>& inputs,
                              const std::vector<IntAttribute>& attributes,
                              const std::string& output) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(op);
  node.set_name(Free(prefix_ + op));
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output.empty() ? Free(prefix_ + op + "_out") : output);
  for (const IntAttribute& attribute : attributes) {
    auto& added = *node.add_attribute();
    added.set_name(attribute.name);
    if (attribute.list) {
      added.set_type(onnx::AttributeProto::INTS);
      for (const std::int64_t value : attribute.values) added.add_ints(value);
    } else {
      added.set_type(onnx::AttributeProto::INT);
      added.set_i(attribute.values.front());
    }
  }
  return node.output(0);
}

std::string GraphWriter::Over(const std::string& op, const std::string& input,
                              const std::vector<std::int64_t>& axes, int input_since,
                              const std::vector<IntAttribute>& more) {
  if (opset_ >= input_since) return Node(op, {input, Ints("axes", axes, false)}, more);
  std::vector<IntAttribute> attributes = more;
  attributes.push_back({.name = "axes", .values = axes});
  return Node(op, {input}, attributes);
}

onnx::TensorProto& GraphWriter::Weight(const std::string& name, int type) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(Free(prefix_ + name));
  tensor.set_data_type(type);
  return tensor;
}

std::string GraphWriter::Ints(const std::string& name, const std::vector<std::int64_t>& values,
                              bool scalar) {
  onnx::TensorProto& tensor = Weight(name, onnx::TensorProto::INT64);
  if (!scalar) tensor.add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) tensor.add_int64_data(value);
  return tensor.name();
}

std::string GraphWriter::Float(const std::string& name, float value) {
  onnx::TensorProto& tensor = Weight(name, onnx::TensorProto::FLOAT);
  tensor.add_float_data(value);
  return tensor.name();
}

std::string GraphWriter::Floats(const std::string& name, const Eigen::MatrixXd& values) {
  onnx::TensorProto& tensor = Weight(name, onnx::TensorProto::FLOAT);
  tensor.add_dims(values.rows());
  tensor.add_dims(values.cols());
  Put(values.reshaped<Eigen::RowMajor>(), tensor);
  return tensor.name();
}

std::string GraphWriter::Floats(const std::string& name, const Eigen::RowVectorXd& values) {
  onnx::TensorProto& tensor = Weight(name, onnx::TensorProto::FLOAT);
  tensor.add_dims(values.size());
  Put(values, tensor);
  return tensor.name();
}

}  // namespace offramp
