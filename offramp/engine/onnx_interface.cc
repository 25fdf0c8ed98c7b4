#include "offramp/engine/onnx_interface.h"

#include <algorithm>

#include "offramp/base/text.h"

namespace offramp {

namespace {

Status Wrong(const std::string& name, const std::string& what) {
  return InvalidArgumentError("tensor \"" + name + "\" " + what);
}

std::string NamesOf(const std::vector<OnnxPort>& ports) {
  std::vector<std::string> names;
  names.reserve(ports.size());
  for (const OnnxPort& port : ports) names.push_back(port.name);
  return Join(names);
}

// Whether an array can have both shapes; -1 fits every extent.
bool ShapesAgree(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](std::int64_t x, std::int64_t y) { return x == y || x == -1 || y == -1; });
}

Status CheckBatched(const OnnxPort& port) {
  if (!port.datatype.has_value()) return Wrong(port.name, "has a type that cannot be sent");
  if (port.shape.empty()) return Wrong(port.name, "is a single number, expected a batch axis");
  // One that is fixed to 1 runs row by row.
  if (port.shape[0] != -1 && port.shape[0] != 1) {
    return Wrong(port.name, Format("has the fixed batch size %lld, expected a dynamic first axis",
                                   static_cast<long long>(port.shape[0])));
  }
  return OkStatus();
}

Status CheckSpec(const OnnxPort& port, const TensorSpec& spec) {
  if (*port.datatype == spec.datatype && ShapesAgree(port.shape, spec.shape)) return OkStatus();
  return Wrong(port.name, "is " + std::string(DataTypeName(*port.datatype)) + " " +
                              ShapeText(port.shape) + ", expected " +
                              std::string(DataTypeName(spec.datatype)) + " " +
                              ShapeText(spec.shape) + " as the bundle says");
}

Status CheckOutput(const OnnxInterface& file, const std::string& name) {
  const OnnxPort* port = FindPort(file.outputs, name);
  if (port == nullptr) {
    return Wrong(name, "is no output of the file, expected one of " + NamesOf(file.outputs));
  }
  return CheckBatched(*port);
}

// A tensor that is sent may also be one that came in.
Status CheckSends(const OnnxInterface& file, const Bundle& bundle, int stage) {
  std::vector<std::string> carried;
  if (stage > 1) {
    carried = bundle.stage(stage - 1).sends;
  } else {
    for (const TensorSpec& input : bundle.task_inputs()) carried.push_back(input.name);
  }
  for (const std::string& name : bundle.stage(stage).sends) {
    const bool computed = FindPort(file.outputs, name) != nullptr;
    if (!computed && std::find(carried.begin(), carried.end(), name) != carried.end()) continue;
    OFFRAMP_RETURN_IF_ERROR(CheckOutput(file, name));
  }
  return OkStatus();
}

}  // namespace

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> extents;
  extents.reserve(shape.size());
  for (const std::int64_t extent : shape) extents.push_back(std::to_string(extent));
  return "[" + Join(extents) + "]";
}

const OnnxPort* FindPort(const std::vector<OnnxPort>& ports, const std::string& name) {
  const auto found = std::find_if(ports.begin(), ports.end(),
                                  [&name](const OnnxPort& port) { return port.name == name; });
  return found == ports.end() ? nullptr : &*found;
}

Status CheckInterface(const OnnxInterface& file, const Bundle& bundle, int stage) {
  const BundleStage& facts = bundle.stage(stage);
  for (const std::string& name : facts.receives) {
    const OnnxPort* port = FindPort(file.inputs, name);
    if (port == nullptr) {
      return Wrong(name, "is no input of the file, expected one of " + NamesOf(file.inputs));
    }
    OFFRAMP_RETURN_IF_ERROR(CheckBatched(*port));
  }
  for (const OnnxPort& port : file.inputs) {
    if (std::find(facts.receives.begin(), facts.receives.end(), port.name) ==
        facts.receives.end()) {
      return Wrong(port.name,
                   "is an input of the file, but the stage receives only " + Join(facts.receives));
    }
  }
  for (const TensorSpec& spec : bundle.task_inputs()) {
    const OnnxPort* port = FindPort(file.inputs, spec.name);
    if (port != nullptr) OFFRAMP_RETURN_IF_ERROR(CheckSpec(*port, spec));
  }
  OFFRAMP_RETURN_IF_ERROR(CheckSends(file, bundle, stage));
  if (!facts.exit.empty()) {
    OFFRAMP_RETURN_IF_ERROR(CheckOutput(file, facts.exit));
    OFFRAMP_RETURN_IF_ERROR(CheckSpec(*FindPort(file.outputs, facts.exit), bundle.outputs.back()));
  }
  for (std::size_t i = 0; i + 1 < bundle.outputs.size(); ++i) {
    const OnnxPort* port = FindPort(file.outputs, bundle.outputs[i].name);
    if (port == nullptr) continue;  // another stage's
    OFFRAMP_RETURN_IF_ERROR(CheckBatched(*port));
    OFFRAMP_RETURN_IF_ERROR(CheckSpec(*port, bundle.outputs[i]));
  }
  return OkStatus();
}

Status CheckInput(const Tensor& tensor, const OnnxPort& port) {
  if (tensor.datatype != *port.datatype) {
    return Wrong(tensor.name, "is " + std::string(DataTypeName(tensor.datatype)) + ", expected " +
                                  std::string(DataTypeName(*port.datatype)));
  }
  if (!ShapesAgree(tensor.shape, port.shape)) {
    return Wrong(tensor.name, "has the shape " + ShapeText(tensor.shape) + ", expected " +
                                  ShapeText(port.shape));
  }
  const std::optional<std::int64_t> elements = ElementCount(tensor.shape);
  const std::int64_t element_bytes = ElementBytes(tensor.datatype);
  if (!elements.has_value() ||
      static_cast<std::size_t>(*elements * element_bytes) != tensor.data.size()) {
    return Wrong(tensor.name,
                 Format("has %zu bytes, which do not fit its shape ", tensor.data.size()) +
                     ShapeText(tensor.shape));
  }
  return OkStatus();
}

}  // namespace offramp
