#include "offramp/partition/carry.h"

#include <algorithm>
#include <utility>

namespace offramp {

namespace {

constexpr int kOldestOperators = 11;  // Round
constexpr int kAxesAsInput = 18;
constexpr float kSteps = 127;
constexpr float kLeastScale = 1e-30F;  // a row of zeros

onnx::NodeProto& AddNode(onnx::GraphProto& out, const char* operation,
                         const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *out.add_node();
  node.set_op_type(operation);
  node.set_name(output + "_by_" + operation);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void AddCast(onnx::GraphProto& out, const std::string& from, const std::string& to, int type) {
  onnx::AttributeProto& attribute = *AddNode(out, "Cast", {from}, to).add_attribute();
  attribute.set_name("to");
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(type);
}

void AddNumber(onnx::GraphProto& out, const std::string& name, float number) {
  onnx::TensorProto& tensor = *out.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_float_data(number);
}

int OperatorSet(const onnx::ModelProto& model) {
  for (const auto& opset : model.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") {
      return static_cast<int>(opset.version());
    }
  }
  return 0;
}

// Axes over which one scale holds: all but the row and, where there are more, axis 1.
std::vector<std::int64_t> ScaleAxes(std::size_t rank) {
  std::vector<std::int64_t> axes;
  for (std::size_t axis = rank > 2 ? 2 : 1; axis < rank; ++axis) {
    axes.push_back(static_cast<std::int64_t>(axis));
  }
  return axes;
}

std::string Unused(const ModelGraph& graph, std::string name) {
  while (graph.Find(name)) name += "_";
  return name;
}

}  // namespace

Result<Narrowing> Narrowing::Of(Carry carry, const onnx::ModelProto& model, const ModelGraph& graph,
                                const Probed& probed, const std::vector<StageParts>& stages) {
  Narrowing narrowing;
  narrowing.carry_ = carry;
  if (carry == Carry::kAsComputed) return narrowing;
  const int operators = OperatorSet(model);
  if (carry == Carry::kInt8 && operators < kOldestOperators) {
    return InvalidArgumentError("--carry int8 needs operator set 11 or later, the model has " +
                                std::to_string(operators));
  }
  narrowing.axes_as_input_ = operators >= kAxesAsInput;
  for (const StageParts& parts : stages) {
    for (const ValueId value : parts.sends) {
      const ValueFacts& facts = probed.values[static_cast<std::size_t>(value)];
      if (facts.datatype != DataType::kFp32 || graph.producer(value) < 0) continue;
      CarriedTensor tensor{.shape = facts.shape, .open = facts.open};
      const std::int64_t elements = facts.bytes / ElementBytes(DataType::kFp32);
      if (carry == Carry::kFp16) {
        tensor.name = Unused(graph, graph.name(value) + "_fp16");
        tensor.datatype = DataType::kFp16;
        tensor.bytes = elements * ElementBytes(DataType::kFp16);
        narrowing.values_[value] = {std::move(tensor)};
        continue;
      }
      if (facts.shape.size() < 2) continue;  // one number a row
      CarriedTensor scale = tensor;
      scale.name = Unused(graph, graph.name(value) + "_scale");
      scale.bytes = ElementBytes(DataType::kFp32);
      for (const std::int64_t axis : ScaleAxes(facts.shape.size())) {
        scale.shape[static_cast<std::size_t>(axis)] = 1;
        scale.open[static_cast<std::size_t>(axis)] = false;
      }
      for (const std::int64_t extent : scale.shape) scale.bytes *= extent;
      tensor.name = Unused(graph, graph.name(value) + "_int8");
      tensor.datatype = DataType::kInt8;
      tensor.bytes = elements;
      narrowing.values_[value] = {std::move(tensor), std::move(scale)};
    }
  }
  return narrowing;
}

const std::vector<CarriedTensor>* Narrowing::Of(ValueId value) const {
  const auto it = values_.find(value);
  return it == values_.end() ? nullptr : &it->second;
}

void Narrowing::AddNarrowing(ValueId value, const std::string& name, onnx::GraphProto& out) const {
  const std::vector<CarriedTensor>& carried = values_.at(value);
  const std::string& narrow = carried.front().name;
  if (carry_ == Carry::kFp16) {
    AddCast(out, name, narrow, onnx::TensorProto::FLOAT16);
    return;
  }
  const std::string& scale = carried.back().name;
  AddNode(out, "Abs", {name}, scale + ".absolute");
  const std::vector<std::int64_t> axes = ScaleAxes(carried.front().shape.size());
  onnx::NodeProto& reduce = AddNode(out, "ReduceMax", {scale + ".absolute"}, scale + ".largest");
  if (axes_as_input_) {
    onnx::TensorProto& tensor = *out.add_initializer();
    tensor.set_name(scale + ".axes");
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(axes.size()));
    for (const std::int64_t axis : axes) tensor.add_int64_data(axis);
    reduce.add_input(tensor.name());
  } else {
    onnx::AttributeProto& attribute = *reduce.add_attribute();
    attribute.set_name("axes");
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t axis : axes) attribute.add_ints(axis);
  }
  AddNumber(out, scale + ".steps", kSteps);
  AddNumber(out, scale + ".least", kLeastScale);
  AddNode(out, "Div", {scale + ".largest", scale + ".steps"}, scale + ".exact");
  AddNode(out, "Max", {scale + ".exact", scale + ".least"}, scale);
  AddNode(out, "Div", {name, scale}, narrow + ".exact");
  AddNode(out, "Round", {narrow + ".exact"}, narrow + ".whole");
  AddCast(out, narrow + ".whole", narrow, onnx::TensorProto::INT8);
}

void Narrowing::AddWidening(ValueId value, const std::string& name, onnx::GraphProto& out) const {
  const std::vector<CarriedTensor>& carried = values_.at(value);
  const std::string& narrow = carried.front().name;
  if (carry_ == Carry::kFp16) {
    AddCast(out, narrow, name, onnx::TensorProto::FLOAT);
    return;
  }
  AddCast(out, narrow, narrow + ".wide", onnx::TensorProto::FLOAT);
  AddNode(out, "Mul", {narrow + ".wide", carried.back().name}, name);
}

}  // namespace offramp
