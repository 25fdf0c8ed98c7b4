#include "offramp/exits/sources.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "offramp/base/text.h"
#include "offramp/engine/onnx_interface.h"
#include "offramp/engine/stage_outputs.h"

namespace offramp {

namespace {

// How far to look back for what tells channels from tokens.
constexpr int kMostSteps = 64;

bool IsFloating(DataType type) {
  return type == DataType::kFp16 || type == DataType::kBf16 || type == DataType::kFp32 ||
         type == DataType::kFp64;
}

// The scale that an int8 tensor travels with (partition/carry.h), or null.
const Tensor* ScaleOf(const Tensor& tensor, const std::vector<Tensor>& sent) {
  constexpr std::string_view kEnd = "_int8";
  if (tensor.datatype != DataType::kInt8 || !tensor.name.ends_with(kEnd)) return nullptr;
  const std::string name = tensor.name.substr(0, tensor.name.size() - kEnd.size()) + "_scale";
  const Tensor* scale = FindTensor(sent, name);
  const bool fits =
      scale != nullptr && scale->datatype == DataType::kFp32 &&
      std::equal(scale->shape.begin(), scale->shape.end(), tensor.shape.begin(), tensor.shape.end(),
                 [](std::int64_t one, std::int64_t all) { return one == 1 || one == all; });
  return fits ? scale : nullptr;
}

// What the file says of a tensor's extents; null: nothing.
const onnx::TensorShapeProto* Declared(const onnx::GraphProto& file, const std::string& name) {
  for (const auto* list : {&file.output(), &file.input(), &file.value_info()}) {
    for (const onnx::ValueInfoProto& info : *list) {
      if (info.name() == name && info.type().tensor_type().has_shape()) {
        return &info.type().tensor_type().shape();
      }
    }
  }
  return nullptr;
}

bool IsPort(const onnx::GraphProto& file, const std::string& name) {
  const auto is = [&name](const onnx::ValueInfoProto& info) { return info.name() == name; };
  return std::any_of(file.output().begin(), file.output().end(), is) ||
         std::any_of(file.input().begin(), file.input().end(), is);
}

// Of [n, a, b]: whether a convolution or the like made it, so that a are channels.
bool MadeByConvolution(const onnx::GraphProto& file, const std::string& name) {
  static const std::set<std::string> kConvolutions = {
      "Conv",        "ConvTranspose",         "QLinearConv", "BatchNormalization", "MaxPool",
      "AveragePool", "InstanceNormalization", "LpPool",      "FusedConv",          "Upsample"};
  static const std::set<std::string> kElementwise = {
      "Relu",      "LeakyRelu",   "PRelu", "Clip", "Sigmoid",  "Tanh", "Elu",
      "HardSwish", "Add",         "Mul",   "Sub",  "Identity", "Cast", "Dropout",
      "Gelu",      "HardSigmoid", "Round", "Min",  "Max",      "Pad",  "Resize",
      "Softplus",  "Div",         "Selu",  "Mish", "Concat"};
  std::map<std::string, const onnx::NodeProto*> makers;
  for (const onnx::NodeProto& node : file.node()) {
    for (const std::string& output : node.output()) makers[output] = &node;
  }
  std::string at = name;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto maker = makers.find(at);
    if (maker == makers.end()) return false;
    const onnx::NodeProto& node = *maker->second;
    if (kConvolutions.contains(node.op_type())) return true;
    if (!kElementwise.contains(node.op_type())) return false;
    const auto next = std::find_if(node.input().begin(), node.input().end(),
                                   [&makers](const auto& input) { return makers.contains(input); });
    if (next == node.input().end()) return false;
    at = *next;
  }
  return false;
}

// nullopt: no exit can read it; `why` says so.
std::optional<ExitSource> SourceOf(const onnx::GraphProto& file, const Tensor& tensor,
                                   std::string& why) {
  ExitSource source{.tensor = tensor.name, .datatype = tensor.datatype};
  source.shape.assign(tensor.shape.begin() + 1, tensor.shape.end());
  const onnx::TensorShapeProto* declared = Declared(file, tensor.name);
  const auto open = [declared, &tensor](std::size_t axis) {
    return declared != nullptr && declared->dim_size() == static_cast<int>(tensor.shape.size()) &&
           !declared->dim(static_cast<int>(axis) + 1).has_dim_value();
  };
  const std::size_t rank = source.shape.size();
  if (rank < 1 || rank > 4) {
    why = "has the shape " + ShapeText(tensor.shape);
    return std::nullopt;
  }
  if (rank == 3 && source.shape[0] == 1 && source.shape[1] == 1) {
    why = "has the shape " + ShapeText(tensor.shape) + ", as masks have";
    return std::nullopt;
  }
  source.fixed = declared != nullptr;
  for (std::size_t axis = 0; axis < rank; ++axis) source.fixed = source.fixed && !open(axis);
  if (rank == 2) {
    source.channels_first = open(0) == open(1) ? MadeByConvolution(file, tensor.name) : !open(0);
  }
  if (open(source.channels_first ? 0 : rank - 1)) {
    why = "has no fixed number of channels";
    return std::nullopt;
  }
  if (source.channels() < 1) {
    why = "is empty";
    return std::nullopt;
  }
  return source;
}

bool IsMask(const Tensor& tensor, const ExitSource& tokens) {
  std::string name = tensor.name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.find("mask") != std::string::npos && tensor.shape.size() == 2 &&
         tensor.shape[1] == tokens.shape[0] && tensor.datatype != DataType::kBytes;
}

}  // namespace

Result<ExitInputs> FindExitInputs(const Bundle& bundle, const onnx::GraphProto& file,
                                  const std::vector<Tensor>& sent,
                                  const std::vector<Tensor>& inputs,
                                  std::vector<std::string>& notes) {
  ExitInputs found;
  std::set<std::string> scales;
  for (const Tensor& tensor : sent) {
    if (const Tensor* scale = ScaleOf(tensor, sent)) scales.insert(scale->name);
  }
  for (const Tensor& tensor : sent) {
    const Tensor* scale = ScaleOf(tensor, sent);
    if (!IsFloating(tensor.datatype) && scale == nullptr) continue;
    if (!IsPort(file, tensor.name) || scales.contains(tensor.name)) continue;
    std::string why;
    std::optional<ExitSource> source = SourceOf(file, tensor, why);
    if (source) {
      if (scale != nullptr) source->scale = scale->name;
      found.sources.push_back(*source);
    } else {
      notes.push_back("an exit cannot read \"" + tensor.name + "\": it " + why);
    }
  }
  if (found.sources.empty()) {
    std::vector<std::string> names;
    for (const Tensor& tensor : sent) names.push_back(tensor.name);
    return InvalidArgumentError("sends nothing that an exit can read (" + Join(names) +
                                "), expected floating [n, c], [n, t, c] or [n, c, h, w]");
  }
  const auto tokens = std::find_if(found.sources.begin(), found.sources.end(),
                                   [](const ExitSource& source) { return source.tokens(); });
  if (tokens == found.sources.end()) return found;
  for (const TensorSpec& spec : bundle.task_inputs()) {
    const auto mask = std::find_if(inputs.begin(), inputs.end(), [&spec](const Tensor& tensor) {
      return tensor.name == spec.name;
    });
    if (mask == inputs.end() || !IsMask(*mask, *tokens)) continue;
    found.mask = mask->name;
    found.mask_datatype = mask->datatype;
    // All tokens of one mask: a tensor of other tokens could not be weighed with it.
    std::erase_if(found.sources, [&](const ExitSource& source) {
      const bool other = source.tokens() && source.shape[0] != mask->shape[1];
      if (other)
        notes.push_back("an exit cannot read \"" + source.tensor + "\": the mask is not its");
      return other;
    });
    break;
  }
  return found;
}

}  // namespace offramp
