#include "offramp/partition/shape_source.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace offramp {

namespace {

std::optional<std::vector<std::int64_t>> Integers(const onnx::TensorProto& tensor) {
  if (tensor.data_type() != onnx::TensorProto::INT64) return std::nullopt;
  if (tensor.int64_data_size() > 0) {
    return std::vector<std::int64_t>(tensor.int64_data().begin(), tensor.int64_data().end());
  }
  std::vector<std::int64_t> values(tensor.raw_data().size() / sizeof(std::int64_t));
  if (values.empty()) return std::nullopt;
  std::memcpy(values.data(), tensor.raw_data().data(), values.size() * sizeof(std::int64_t));
  return values;
}

// The integers of a weight, or of a Constant node.
std::optional<std::vector<std::int64_t>> Integers(const ModelGraph& graph, ValueId value) {
  if (const onnx::TensorProto* weight = graph.weight(value)) return Integers(*weight);
  const NodeId node = graph.producer(value);
  if (node < 0 || graph.node(node).op_type() != "Constant") return std::nullopt;
  for (const auto& attribute : graph.node(node).attribute()) {
    if (attribute.name() == "value") return Integers(attribute.t());
    if (attribute.name() == "value_int") return std::vector<std::int64_t>{attribute.i()};
    if (attribute.name() == "value_ints") {
      return std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end());
    }
  }
  return std::nullopt;
}

// The axes that readers of a Shape take; nullopt: all of them.
std::optional<std::vector<std::int64_t>> AxesTaken(const ModelGraph& graph, NodeId shape_node) {
  if (graph.node(shape_node).attribute_size() > 0) return std::nullopt;  // start, end
  std::vector<std::int64_t> axes;
  for (const NodeId reader : graph.readers(graph.writes(shape_node).front())) {
    const onnx::NodeProto& node = graph.node(reader);
    if (node.op_type() != "Gather" || node.input_size() != 2) return std::nullopt;
    const auto index = graph.Find(node.input(1));
    const auto taken = index ? Integers(graph, *index) : std::nullopt;
    if (!taken) return std::nullopt;
    axes.insert(axes.end(), taken->begin(), taken->end());
  }
  return axes;
}

}  // namespace

std::optional<ValueId> ShapeTwin(const ModelGraph& graph, const Probed& probed, NodeId shape_node,
                                 const std::set<ValueId>& here) {
  const auto facts = [&](ValueId value) -> const ValueFacts& {
    return probed.values[static_cast<std::size_t>(value)];
  };
  const auto& wanted = facts(graph.reads(shape_node).front()).seen;
  const auto axes = AxesTaken(graph, shape_node);
  const bool counted_from_the_end =
      axes && std::any_of(axes->begin(), axes->end(), [](std::int64_t axis) { return axis < 0; });
  for (const ValueId value : here) {
    const auto& seen = facts(value).seen;
    if (seen.size() != wanted.size() || seen.empty()) continue;
    const bool same =
        std::equal(seen.begin(), seen.end(), wanted.begin(), [&](const auto& a, const auto& b) {
          if (!axes || counted_from_the_end) return a == b;
          return std::all_of(axes->begin(), axes->end(), [&](std::int64_t axis) {
            const auto i = static_cast<std::size_t>(axis);
            return i < a.size() && i < b.size() && a[i] == b[i];
          });
        });
    if (same) return value;
  }
  return std::nullopt;
}

}  // namespace offramp
