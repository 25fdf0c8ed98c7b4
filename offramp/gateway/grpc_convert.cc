#include "offramp/gateway/grpc_convert.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/gateway/oip_model.h"
#include "offramp/gateway/oip_outputs.h"
#include "offramp/gateway/oip_parameters.h"
#include "offramp/gateway/oip_tensors.h"

namespace offramp {

namespace {

using InputMessage = inference::ModelInferRequest::InferInputTensor;

Result<OipParameter> ParameterFromGrpc(const std::string& name,
                                       const inference::InferParameter& value) {
  using Message = inference::InferParameter;
  switch (value.parameter_choice_case()) {
    case Message::kBoolParam:
      return OipParameter(value.bool_param());
    case Message::kInt64Param:
      return OipParameter(std::int64_t{value.int64_param()});
    case Message::kStringParam:
      return OipParameter(value.string_param());
    case Message::kDoubleParam:
      return OipParameter(value.double_param());
    case Message::kUint64Param:
      return OipParameter(std::uint64_t{value.uint64_param()});
    case Message::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return InvalidArgumentError("parameter '" + name + "' has no value");
}

template <typename Parameters, typename Visit>
Status ForEachParameter(const Parameters& parameters, Visit visit) {
  for (const auto& [name, value] : parameters) {
    OFFRAMP_ASSIGN_OR_RETURN(const OipParameter parameter, ParameterFromGrpc(name, value));
    OFFRAMP_RETURN_IF_ERROR(visit(name, parameter));
  }
  return OkStatus();
}

// Elements of `values`, each narrowed to T; nullopt where one does not fit.
template <typename T, typename Values>
std::optional<Buffer> Narrowed(const Values& values) {
  MutableBuffer bytes(static_cast<std::size_t>(values.size()) * sizeof(T));
  std::size_t offset = 0;
  for (const auto value : values) {
    const T element = static_cast<T>(value);
    if (!std::is_floating_point_v<T> && element != value) return std::nullopt;
    std::memcpy(bytes.data() + offset, &element, sizeof(T));
    offset += sizeof(T);
  }
  return std::move(bytes).Freeze();
}

Buffer FramedStrings(const google::protobuf::RepeatedPtrField<std::string>& values) {
  std::string bytes;
  for (const std::string& value : values) {
    const auto length = static_cast<std::uint32_t>(value.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof(length));
    bytes.append(value);
  }
  return Buffer::CopyOf(bytes);
}

// nullopt: a value out of range, or a datatype that has no typed contents.
std::optional<Buffer> TypedBytes(DataType type, const inference::InferTensorContents& contents) {
  switch (type) {
    case DataType::kBool:
      return Narrowed<bool>(contents.bool_contents());
    case DataType::kInt8:
      return Narrowed<std::int8_t>(contents.int_contents());
    case DataType::kInt16:
      return Narrowed<std::int16_t>(contents.int_contents());
    case DataType::kInt32:
      return Narrowed<std::int32_t>(contents.int_contents());
    case DataType::kInt64:
      return Narrowed<std::int64_t>(contents.int64_contents());
    case DataType::kUint8:
      return Narrowed<std::uint8_t>(contents.uint_contents());
    case DataType::kUint16:
      return Narrowed<std::uint16_t>(contents.uint_contents());
    case DataType::kUint32:
      return Narrowed<std::uint32_t>(contents.uint_contents());
    case DataType::kUint64:
      return Narrowed<std::uint64_t>(contents.uint64_contents());
    case DataType::kFp32:
      return Narrowed<float>(contents.fp32_contents());
    case DataType::kFp64:
      return Narrowed<double>(contents.fp64_contents());
    case DataType::kBytes:
      return FramedStrings(contents.bytes_contents());
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return std::nullopt;
}

Buffer TakeBytes(std::string& bytes, DataType type) {
  auto owner = std::make_shared<std::string>(std::move(bytes));
  const auto* data = reinterpret_cast<const std::byte*>(owner->data());
  const std::size_t size = owner->size();
  return AlignedFor(type, Buffer(std::move(owner), data, size));
}

// `raw` is null when the contents are typed.
Result<Tensor> InputFromGrpc(InputMessage& message, std::string* raw) {
  Tensor tensor;
  tensor.name = message.name();
  const auto type = ParseDataType(message.datatype());
  if (!type) {
    return InvalidArgumentError("input '" + tensor.name + "': unknown datatype '" +
                                message.datatype().substr(0, 64) + "'");
  }
  tensor.datatype = *type;
  tensor.shape.assign(message.shape().begin(), message.shape().end());
  OFFRAMP_RETURN_IF_ERROR(CheckTensorShape(tensor));
  OFFRAMP_RETURN_IF_ERROR(ForEachParameter(
      message.parameters(), [&](const std::string& name, const OipParameter& parameter) {
        return CheckTensorParameter(tensor.name, name, parameter);
      }));
  if (raw != nullptr) {
    if (message.has_contents()) {
      return InvalidArgumentError("input '" + tensor.name +
                                  "' has contents beside raw_input_contents");
    }
    tensor.data = TakeBytes(*raw, tensor.datatype);
    OFFRAMP_RETURN_IF_ERROR(CheckTensorBytes(tensor, "raw_input_contents"));
    return tensor;
  }
  std::optional<Buffer> bytes = TypedBytes(tensor.datatype, message.contents());
  if (!bytes) {
    return InvalidArgumentError("input '" + tensor.name + "': contents do not fit datatype " +
                                message.datatype() + " (FP16 and BF16 travel raw only)");
  }
  tensor.data = *std::move(bytes);
  OFFRAMP_RETURN_IF_ERROR(CheckTensorBytes(tensor, "contents"));
  return tensor;
}

}  // namespace

Result<GrpcInfer> FromGrpc(const Bundle& model, inference::ModelInferRequest& message) {
  OFFRAMP_RETURN_IF_ERROR(CheckModel(model, message.model_name(), message.model_version()));
  OFFRAMP_RETURN_IF_ERROR(CheckRequestId(message.id()));
  if (message.outputs_size() > static_cast<int>(kMaxTensorsPerRequest) ||
      message.inputs_size() > static_cast<int>(kMaxTensorsPerRequest)) {
    return InvalidArgumentError(
        Format("more than %zu inputs or requested outputs", kMaxTensorsPerRequest));
  }
  const bool raw = message.raw_input_contents_size() > 0;
  if (raw && message.raw_input_contents_size() != message.inputs_size()) {
    return InvalidArgumentError(Format("raw_input_contents has %d entries for %d inputs",
                                       message.raw_input_contents_size(), message.inputs_size()));
  }
  GrpcInfer infer;
  infer.request.model_name = message.model_name();
  infer.request.model_version = message.model_version();
  infer.request.id = message.id();
  infer.plan.id = message.id();
  OFFRAMP_RETURN_IF_ERROR(ForEachParameter(
      message.parameters(), [&](const std::string& name, const OipParameter& parameter) {
        return ApplyRequestParameter(name, parameter, infer.request);
      }));
  for (const auto& output : message.outputs()) {
    OFFRAMP_RETURN_IF_ERROR(ForEachParameter(
        output.parameters(), [&](const std::string& name, const OipParameter& parameter) {
          return CheckTensorParameter(output.name(), name, parameter);
        }));
    infer.plan.output_names.push_back(output.name());
  }
  OFFRAMP_RETURN_IF_ERROR(CheckOutputNames(model, infer.plan.output_names));
  for (int i = 0; i < message.inputs_size(); ++i) {
    std::string* raw_bytes = raw ? message.mutable_raw_input_contents(i) : nullptr;
    OFFRAMP_ASSIGN_OR_RETURN(Tensor tensor, InputFromGrpc(*message.mutable_inputs(i), raw_bytes));
    infer.request.inputs.push_back(std::move(tensor));
  }
  OFFRAMP_RETURN_IF_ERROR(CheckTensorNames(infer.request.inputs));
  return infer;
}

Status ToGrpc(const GrpcReplyPlan& plan, const Bundle& model, const InferenceReply& reply,
              inference::ModelInferResponse& message) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs,
                           SelectOutputs(model, reply, plan.output_names));
  message.set_model_name(model.name);
  message.set_model_version(std::string(kModelVersion));
  message.set_id(plan.id);
  (*message.mutable_parameters())["path"].set_string_param(reply.path);
  for (const Tensor& tensor : outputs) {
    auto* output = message.add_outputs();
    output->set_name(tensor.name);
    output->set_datatype(std::string(DataTypeName(tensor.datatype)));
    output->mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
    message.add_raw_output_contents(tensor.data.data(), tensor.data.size());
  }
  return OkStatus();
}

}  // namespace offramp
