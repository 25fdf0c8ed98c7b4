#include "offramp/exits/exit_nodes.h"

#include <algorithm>
#include <vector>

#include "offramp/base/text.h"
#include "offramp/exits/graph_writer.h"
#include "offramp/partition/element_type.h"

namespace offramp {

namespace {

const onnx::ValueInfoProto* FindInfo(const onnx::GraphProto& graph, const std::string& name) {
  for (const auto* list : {&graph.output(), &graph.input()}) {
    for (const onnx::ValueInfoProto& info : *list) {
      if (info.name() == name) return &info;
    }
  }
  return nullptr;
}

// The batch axis as the file has it for a tensor that it knows.
onnx::TensorShapeProto::Dimension BatchOf(const onnx::GraphProto& graph, const std::string& name) {
  const onnx::ValueInfoProto* info = FindInfo(graph, name);
  onnx::TensorShapeProto::Dimension batch;
  if (info != nullptr && info->type().tensor_type().shape().dim_size() > 0) {
    batch = info->type().tensor_type().shape().dim(0);
  } else {
    batch.set_dim_param("batch");
  }
  return batch;
}

// Names that a node reads, its subgraphs' included.
void AddReads(const onnx::NodeProto& node, std::set<std::string>& names) {
  names.insert(node.input().begin(), node.input().end());
  for (const auto& attribute : node.attribute()) {
    const auto add = [&names](const onnx::GraphProto& graph) {
      for (const auto& inner : graph.node()) AddReads(inner, names);
      for (const auto& output : graph.output()) names.insert(output.name());
    };
    if (attribute.has_g()) add(attribute.g());
    for (const auto& graph : attribute.graphs()) add(graph);
  }
}

template <typename List, typename Predicate>
void KeepIf(List& list, const Predicate& keep) {
  list.erase(
      std::remove_if(list.begin(), list.end(), [&keep](const auto& item) { return !keep(item); }),
      list.end());
}

double WeightsOf(const onnx::NodeProto& node, const onnx::GraphProto& graph) {
  if (node.op_type() != "Gemm" && node.op_type() != "MatMul" && node.op_type() != "Conv") return 0;
  for (const onnx::TensorProto& weight : graph.initializer()) {
    if (node.input_size() < 2 || weight.name() != node.input(1)) continue;
    double elements = 1;
    for (const std::int64_t extent : weight.dims()) elements *= static_cast<double>(extent);
    return elements;
  }
  return 0;
}

}  // namespace

double ClassifierFlops(std::int64_t features, int hidden, std::int64_t classes,
                       bool probabilities) {
  const auto in = static_cast<double>(features);
  const auto out = static_cast<double>(classes);
  const double layers = hidden > 0 ? 2 * (in + out) * hidden + hidden : 2 * in * out;
  return layers + (probabilities ? 5 * out : 0);
}

double ExitFlops(const ExitDesign& design) {
  const std::vector<DenseLayer>& layers = design.classifier.layers;
  const int hidden = layers.size() > 1 ? static_cast<int>(layers[0].bias.size()) : 0;
  return PoolFlops(design.inputs, design.pool) + ClassifierFlops(layers.front().weights.rows(),
                                                                 hidden, layers.back().bias.size(),
                                                                 design.probabilities);
}

std::int64_t ExitWeightBytes(const Classifier& classifier) {
  std::int64_t numbers = 0;
  for (const DenseLayer& layer : classifier.layers) {
    numbers += layer.weights.size() + layer.bias.size();
  }
  return numbers * static_cast<std::int64_t>(sizeof(float));
}

Result<std::string> AddExit(const ExitDesign& design, int stage, const std::set<std::string>& taken,
                            onnx::ModelProto& model) {
  OFFRAMP_ASSIGN_OR_RETURN(const int opset, DefaultOpset(model));
  onnx::GraphProto& graph = *model.mutable_graph();
  const onnx::TensorShapeProto::Dimension batch =
      BatchOf(graph, design.inputs.sources.front().tensor);
  if (!design.inputs.mask.empty() && FindInfo(graph, design.inputs.mask) == nullptr) {
    onnx::ValueInfoProto& mask = *graph.add_input();
    mask.set_name(design.inputs.mask);
    auto& type = *mask.mutable_type()->mutable_tensor_type();
    type.set_elem_type(ToElementType(design.inputs.mask_datatype));
    *type.mutable_shape()->add_dim() = batch;
    type.mutable_shape()->add_dim();
  }
  const std::string prefix = Format("exit%d_", stage);
  GraphWriter writer(graph, opset, prefix);
  std::string output = writer.Free(prefix + (design.probabilities ? "probabilities" : "logits"));
  while (taken.contains(output)) output = writer.Free(output + "_new");
  std::string at = AppendPooling(design.inputs, design.pool, writer);
  const std::vector<DenseLayer>& layers = design.classifier.layers;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const bool last = l + 1 == layers.size();
    if (l > 0) at = writer.Node("Relu", {at});
    at = writer.Node(
        "Gemm",
        {at, writer.Floats("weights", layers[l].weights), writer.Floats("bias", layers[l].bias)},
        {}, last && !design.probabilities ? output : "");
  }
  if (design.probabilities) {
    writer.Node("Softmax", {at}, {{.name = "axis", .values = {1}, .list = false}}, output);
  }
  onnx::ValueInfoProto& info = *graph.add_output();
  info.set_name(output);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  *type.mutable_shape()->add_dim() = batch;
  type.mutable_shape()->add_dim()->set_dim_value(layers.back().bias.size());
  return output;
}

double RemoveOutput(const std::string& output, onnx::GraphProto& graph) {
  KeepIf(*graph.mutable_output(), [&](const auto& info) { return info.name() != output; });
  std::set<std::string> needed;
  for (const auto& info : graph.output()) needed.insert(info.name());
  // Nodes stand in an order in which they can run, so one walk backwards finds all that is needed.
  std::vector<bool> keep(static_cast<std::size_t>(graph.node_size()), false);
  double removed = 0;
  for (int i = graph.node_size() - 1; i >= 0; --i) {
    const onnx::NodeProto& node = graph.node(i);
    const bool used = std::any_of(node.output().begin(), node.output().end(),
                                  [&needed](const auto& name) { return needed.contains(name); });
    keep[static_cast<std::size_t>(i)] = used;
    if (used) {
      AddReads(node, needed);
    } else {
      removed += 2 * WeightsOf(node, graph);
    }
  }
  std::size_t position = 0;
  KeepIf(*graph.mutable_node(), [&](const auto&) { return keep[position++]; });
  KeepIf(*graph.mutable_initializer(),
         [&](const auto& weight) { return needed.contains(weight.name()); });
  KeepIf(*graph.mutable_sparse_initializer(),
         [&](const auto& weight) { return needed.contains(weight.values().name()); });
  return removed;
}

}  // namespace offramp
