#include "tests/unit/partition/test_graphs.h"

namespace offramp {

namespace {

constexpr int kOperatorSet = 17;
constexpr std::int64_t kWidth = 4;

}  // namespace

onnx::NodeProto& AddNode(onnx::GraphProto& graph, const std::string& operation,
                         const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(operation);
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  return node;
}

void AddPort(onnx::ValueInfoProto& port, const std::string& name,
             const std::vector<std::int64_t>& shape) {
  port.set_name(name);
  auto& type = *port.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : shape) {
    auto& dim = *type.mutable_shape()->add_dim();
    if (extent > 0) dim.set_dim_value(extent);
  }
}

void AddWeight(onnx::GraphProto& graph, const std::string& name,
               const std::vector<std::int64_t>& shape, float first) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    tensor.add_dims(extent);
    count *= extent;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    tensor.add_float_data(first + 0.1F * static_cast<float>(i % 7) - 0.2F);
  }
}

OnnxModel ChainModel(int layers) {
  OnnxModel model;
  model.path = "chain.onnx";
  model.folder = ".";
  model.proto.set_ir_version(8);
  model.proto.add_opset_import()->set_version(kOperatorSet);
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  graph.set_name("chain");
  AddPort(*graph.add_input(), "x", {0, kWidth});
  AddPort(*graph.add_output(), "y", {0, kWidth});
  std::string last = "x";
  for (int layer = 0; layer < layers; ++layer) {
    const std::string number = std::to_string(layer);
    AddWeight(graph, "w" + number, {kWidth, kWidth}, 0.1F * static_cast<float>(layer));
    AddNode(graph, "MatMul", {last, "w" + number}, {"m" + number});
    last = "r" + number;
    AddNode(graph, "Relu", {"m" + number}, {last});
  }
  AddNode(graph, "Add", {last, "r0"}, {"y"});
  return model;
}

}  // namespace offramp
