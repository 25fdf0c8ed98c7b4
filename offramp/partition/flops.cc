#include "offramp/partition/flops.h"

#include <algorithm>
#include <set>

namespace offramp {

namespace {

using Shape = std::vector<std::int64_t>;

double Elements(const Shape& shape) {
  double elements = 1;
  for (const std::int64_t extent : shape) elements *= static_cast<double>(extent);
  return elements;
}

std::int64_t Attribute(const onnx::NodeProto& node, const char* name, std::int64_t otherwise) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return attribute.i();
  }
  return otherwise;
}

// Shapes move, values do not change.
const std::set<std::string>& FreeOperators() {
  static const std::set<std::string> kFree = {"Shape",
                                              "Size",
                                              "Reshape",
                                              "Flatten",
                                              "Squeeze",
                                              "Unsqueeze",
                                              "Transpose",
                                              "Concat",
                                              "Split",
                                              "Slice",
                                              "Gather",
                                              "Identity",
                                              "Cast",
                                              "Expand",
                                              "Constant",
                                              "Dropout",
                                              "Pad",
                                              "ConstantOfShape",
                                              "Tile",
                                              "GatherND",
                                              "GatherElements",
                                              "Where",
                                              "Range",
                                              "OneHot",
                                              "ScatterND",
                                              "ScatterElements",
                                              "DepthToSpace",
                                              "SpaceToDepth",
                                              "ReverseSequence",
                                              "NonZero"};
  return kFree;
}

// One operation an element of the output.
const std::set<std::string>& ElementwiseOperators() {
  static const std::set<std::string> kElementwise = {"Add",
                                                     "Sub",
                                                     "Mul",
                                                     "Div",
                                                     "Relu",
                                                     "LeakyRelu",
                                                     "PRelu",
                                                     "Clip",
                                                     "Neg",
                                                     "Abs",
                                                     "Max",
                                                     "Min",
                                                     "Sqrt",
                                                     "Reciprocal",
                                                     "Exp",
                                                     "Log",
                                                     "Pow",
                                                     "Sigmoid",
                                                     "Tanh",
                                                     "Erf",
                                                     "HardSigmoid",
                                                     "HardSwish",
                                                     "Softplus",
                                                     "Softsign",
                                                     "Elu",
                                                     "Selu",
                                                     "Celu",
                                                     "Equal",
                                                     "Less",
                                                     "Greater",
                                                     "LessOrEqual",
                                                     "GreaterOrEqual",
                                                     "And",
                                                     "Or",
                                                     "Not",
                                                     "Xor",
                                                     "Floor",
                                                     "Ceil",
                                                     "Round",
                                                     "Sign",
                                                     "Mod",
                                                     "Sum",
                                                     "Mean",
                                                     "Sin",
                                                     "Cos",
                                                     "IsNaN",
                                                     "IsInf",
                                                     "Mish",
                                                     "ThresholdedRelu",
                                                     "BitShift"};
  return kElementwise;
}

// Operations an element of the first input.
double PerInputElement(const std::string& op) {
  if (op == "Softmax" || op == "LogSoftmax" || op == "Hardmax") return 5;
  if (op == "BatchNormalization") return 2;
  if (op == "LayerNormalization" || op == "InstanceNormalization" || op == "GroupNormalization" ||
      op == "SkipLayerNormalization" || op == "SimplifiedLayerNormalization" ||
      op == "SkipSimplifiedLayerNormalization" || op == "MeanVarianceNormalization") {
    return 8;
  }
  if (op == "Gelu" || op == "FastGelu" || op == "BiasGelu" || op == "QuickGelu") return 8;
  if (op == "QuantizeLinear" || op == "DequantizeLinear" || op == "DynamicQuantizeLinear") return 2;
  if (op.rfind("Reduce", 0) == 0 || op == "GlobalAveragePool" || op == "GlobalMaxPool" ||
      op == "ArgMax" || op == "ArgMin" || op == "CumSum" || op == "LRN" || op == "TopK" ||
      op == "LpNormalization") {
    return 1;
  }
  return 0;
}

class Counter {
 public:
  Counter(const ModelGraph& graph, const Probed& probed, NodeId node)
      : graph_(graph), probed_(probed), node_(graph.node(node)) {}

  std::optional<double> Count() const {
    const std::string& op = node_.op_type();
    if (FreeOperators().contains(op)) return 0;
    const std::optional<Shape> out = Output(0);
    if (!out) return std::nullopt;
    if (ElementwiseOperators().contains(op)) return Elements(*out);
    const std::optional<Shape> in = Input(0);
    if (const double each = PerInputElement(op); each > 0 && in) return each * Elements(*in);
    if (op == "MatMul" || op == "FusedMatMul" || op == "MatMulInteger" || op == "QLinearMatMul") {
      return in && !in->empty()
                 ? std::optional(2 * Elements(*out) * static_cast<double>(in->back()))
                 : std::nullopt;
    }
    if (op == "MatMulNBits")
      return 2 * Elements(*out) * static_cast<double>(Attribute(node_, "K", 1));
    if (op == "Gemm" || op == "FusedGemm") return Gemm(*out);
    if (op == "Conv" || op == "ConvInteger" || op == "QLinearConv" || op == "FusedConv") {
      return Convolution(*out, op == "QLinearConv" ? 3 : 1);
    }
    if (op == "ConvTranspose") {
      const std::optional<Shape> weights = Input(1);
      if (!in || !weights || in->empty() || (*in)[1] == 0) return std::nullopt;
      return 2 * Elements(*in) * Elements(*weights) / static_cast<double>((*in)[1]);
    }
    if (op == "AveragePool" || op == "MaxPool") return Pool(*out);
    if (op == "LSTM" || op == "GRU" || op == "RNN") return Recurrent();
    if (op == "Resize" || op == "Upsample") return 4 * Elements(*out);
    return std::nullopt;
  }

 private:
  std::optional<Shape> ShapeOf(const std::string& name) const {
    const auto value = graph_.Find(name);
    if (!value) return std::nullopt;
    if (const onnx::TensorProto* weight = graph_.weight(*value)) {
      return Shape(weight->dims().begin(), weight->dims().end());
    }
    const ValueFacts& facts = probed_.values[static_cast<std::size_t>(*value)];
    if (facts.datatype) return facts.shape;
    return std::nullopt;
  }
  std::optional<Shape> Input(int i) const {
    return i < node_.input_size() ? ShapeOf(node_.input(i)) : std::nullopt;
  }
  std::optional<Shape> Output(int i) const {
    return i < node_.output_size() ? ShapeOf(node_.output(i)) : std::nullopt;
  }

  std::optional<double> Gemm(const Shape& out) const {
    const std::optional<Shape> a = Input(0);
    if (!a || a->size() != 2) return std::nullopt;
    const std::int64_t inner = Attribute(node_, "transA", 0) != 0 ? (*a)[0] : (*a)[1];
    return 2 * Elements(out) * static_cast<double>(inner);
  }

  // Weights are [M, C / group, k...]: each output element is a sum over all but the first axis.
  std::optional<double> Convolution(const Shape& out, int weights_at) const {
    const std::optional<Shape> weights = Input(weights_at);
    if (!weights || weights->empty() || weights->front() == 0) return std::nullopt;
    return 2 * Elements(out) * Elements(*weights) / static_cast<double>(weights->front());
  }

  std::optional<double> Pool(const Shape& out) const {
    double window = 1;
    for (const auto& attribute : node_.attribute()) {
      if (attribute.name() != "kernel_shape") continue;
      for (const std::int64_t extent : attribute.ints()) window *= static_cast<double>(extent);
    }
    return Elements(out) * window;
  }

  // X is [time, batch, in], W [directions, gates * hidden, in], R [directions, gates * hidden,
  // hidden].
  std::optional<double> Recurrent() const {
    const std::optional<Shape> x = Input(0);
    const std::optional<Shape> w = Input(1);
    const std::optional<Shape> r = Input(2);
    if (!x || !w || !r || x->size() != 3) return std::nullopt;
    return 2 * static_cast<double>((*x)[0]) * static_cast<double>((*x)[1]) *
           (Elements(*w) + Elements(*r));
  }

  const ModelGraph& graph_;
  const Probed& probed_;
  const onnx::NodeProto& node_;
};

}  // namespace

std::optional<double> NodeFlops(const ModelGraph& graph, const Probed& probed, NodeId node) {
  return Counter(graph, probed, node).Count();
}

std::vector<double> AllFlops(const ModelGraph& graph, const Probed& probed,
                             std::vector<std::string>& unknown) {
  std::vector<double> flops(static_cast<std::size_t>(graph.node_count()), 0);
  std::set<std::string> seen;
  for (NodeId node = 0; node < graph.node_count(); ++node) {
    const std::vector<ValueId>& writes = graph.writes(node);
    if (writes.empty() || graph.constant(writes.front())) continue;
    double& count = flops[static_cast<std::size_t>(node)];
    if (const std::optional<double> known = NodeFlops(graph, probed, node)) {
      count = *known;
      continue;
    }
    for (const ValueId value : writes) {
      count += Elements(probed.values[static_cast<std::size_t>(value)].shape);
    }
    if (seen.insert(graph.node(node).op_type()).second) {
      unknown.push_back(graph.node(node).op_type());
    }
  }
  return flops;
}

}  // namespace offramp
