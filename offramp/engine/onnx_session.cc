#include "offramp/engine/onnx_session.h"

#include <array>
#include <exception>
#include <utility>

namespace offramp {

namespace {

constexpr std::size_t kMaxRuntimeText = 400;

constexpr std::array<std::pair<ONNXTensorElementDataType, DataType>, 13> kTypes = {{
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, DataType::kBool},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, DataType::kUint8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, DataType::kUint16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, DataType::kUint32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, DataType::kUint64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, DataType::kInt8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, DataType::kInt16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, DataType::kInt32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, DataType::kInt64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, DataType::kFp16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, DataType::kBf16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, DataType::kFp32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, DataType::kFp64},
}};

// Whatever goes wrong also arrives as an exception with the same text; stdout belongs to data.
void DropLogLine(void* /*param*/, OrtLoggingLevel /*severity*/, const char* /*category*/,
                 const char* /*logid*/, const char* /*code_location*/, const char* /*message*/) {}

// One per process, as the runtime demands. Never destroyed: tensors may outlive main().
Ort::Env& Environment() {
  static auto* const environment =
      new Ort::Env(ORT_LOGGING_LEVEL_ERROR, "offramp", &DropLogLine, nullptr);
  return *environment;
}

Ort::SessionOptions SessionOptions(const OnnxSessionOptions& wanted) {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(wanted.threads);
  options.SetInterOpNumThreads(1);
  options.SetExecutionMode(ExecutionMode::ORT_SEQUENTIAL);
  options.SetGraphOptimizationLevel(wanted.optimise ? GraphOptimizationLevel::ORT_ENABLE_ALL
                                                    : GraphOptimizationLevel::ORT_DISABLE_ALL);
  if (!wanted.optimise) options.AddConfigEntry("session.disable_prepacking", "1");
  if (!wanted.data_folder.empty()) {
    options.AddConfigEntry("session.model_external_initializers_file_folder_path",
                           wanted.data_folder.c_str());
  }
  if (!wanted.trace.empty()) options.EnableProfiling(wanted.trace.c_str());
  // Outputs live as long as the queues that hold them: an arena would keep its largest hour for
  // good, and patterns are remembered for every batch size. malloc gives back, at the same speed.
  options.DisableCpuMemArena();
  options.DisableMemPattern();
  // A node that waits for tasks must not burn a core.
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  return options;
}

std::vector<OnnxPort> Ports(const std::vector<std::string>& names,
                            const std::vector<Ort::TypeInfo>& types) {
  std::vector<OnnxPort> ports;
  for (std::size_t i = 0; i < names.size(); ++i) {
    OnnxPort port{.name = names[i], .datatype = std::nullopt, .shape = {}};
    if (types[i].GetONNXType() == ONNX_TYPE_TENSOR) {
      const auto info = types[i].GetTensorTypeAndShapeInfo();
      port.datatype = FromOnnx(info.GetElementType());
      port.shape = info.GetShape();
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

// What an output's buffer owns; the value goes first.
struct ValueOwner {
  std::shared_ptr<Ort::Session> session;
  Ort::Value value;
};

}  // namespace

std::optional<DataType> FromOnnx(ONNXTensorElementDataType type) {
  for (const auto& [theirs, ours] : kTypes) {
    if (theirs == type) return ours;
  }
  return std::nullopt;
}

ONNXTensorElementDataType ToOnnx(DataType type) {
  for (const auto& [theirs, ours] : kTypes) {
    if (ours == type) return theirs;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

std::string OneLine(const char* text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (line.size() > kMaxRuntimeText) line = line.substr(0, kMaxRuntimeText) + "...";
  return line;
}

namespace {

Status CannotLoad(const std::string& what, const std::exception& error) {
  return InvalidArgumentError(what +
                              ": cannot be loaded by ONNX Runtime: " + OneLine(error.what()));
}

}  // namespace

Result<std::shared_ptr<Ort::Session>> OpenOnnxSession(const std::string& path,
                                                      const OnnxSessionOptions& options) {
  try {
    return std::make_shared<Ort::Session>(Environment(), path.c_str(), SessionOptions(options));
  } catch (const std::exception& error) {
    return CannotLoad(path, error);
  }
}

Result<std::shared_ptr<Ort::Session>> OpenOnnxSessionFromBytes(const std::string& bytes,
                                                               const std::string& what,
                                                               const OnnxSessionOptions& options) {
  try {
    return std::make_shared<Ort::Session>(Environment(), bytes.data(), bytes.size(),
                                          SessionOptions(options));
  } catch (const std::exception& error) {
    return CannotLoad(what, error);
  }
}

Ort::Value ValueOver(const Tensor& tensor, const Ort::MemoryInfo& memory) {
  // The runtime does not write to inputs; its interface only lacks the word const.
  return Ort::Value::CreateTensor(memory, const_cast<std::byte*>(tensor.data.data()),
                                  tensor.data.size(), tensor.shape.data(), tensor.shape.size(),
                                  ToOnnx(tensor.datatype));
}

Result<Tensor> TensorOver(const std::string& name, Ort::Value value,
                          std::shared_ptr<Ort::Session> session) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const std::optional<DataType> datatype = FromOnnx(info.GetElementType());
  if (!datatype.has_value()) return InternalError("tensor \"" + name + "\" cannot be sent");
  Tensor tensor{.name = name, .datatype = *datatype, .shape = info.GetShape()};
  const std::size_t bytes =
      info.GetElementCount() * static_cast<std::size_t>(ElementBytes(*datatype));
  const auto owner = std::make_shared<ValueOwner>(ValueOwner{std::move(session), std::move(value)});
  const auto* data = static_cast<const std::byte*>(owner->value.GetTensorRawData());
  tensor.data = Buffer(owner, data, bytes);
  return tensor;
}

OnnxInterface InterfaceOf(const Ort::Session& session) {
  std::vector<Ort::TypeInfo> inputs;
  for (std::size_t i = 0; i < session.GetInputCount(); ++i) {
    inputs.push_back(session.GetInputTypeInfo(i));
  }
  std::vector<Ort::TypeInfo> outputs;
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
    outputs.push_back(session.GetOutputTypeInfo(i));
  }
  return {.inputs = Ports(session.GetInputNames(), inputs),
          .outputs = Ports(session.GetOutputNames(), outputs)};
}

}  // namespace offramp
