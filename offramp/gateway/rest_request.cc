#include "offramp/gateway/rest_request.h"

#include <algorithm>
#include <cstring>
#include <simdjson.h>

#include "offramp/base/text.h"
#include "offramp/gateway/oip_outputs.h"
#include "offramp/gateway/oip_tensors.h"
#include "offramp/gateway/rest_json.h"

namespace offramp {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Beyond this the parser's memory is given back after the request.
constexpr std::size_t kKeptCapacityBytes = std::size_t{1} << 20;

Result<object> AsObject(element value, const char* what) {
  object result;
  if (value.get_object().get(result) == simdjson::SUCCESS) return result;
  return InvalidArgumentError(std::string(what) + " must be an object");
}

Result<array> AsArray(element value, const char* what) {
  array result;
  if (value.get_array().get(result) == simdjson::SUCCESS) return result;
  return InvalidArgumentError(std::string(what) + " must be an array");
}

Result<std::string> AsString(element value, const char* what) {
  std::string_view result;
  if (value.get_string().get(result) == simdjson::SUCCESS) return std::string(result);
  return InvalidArgumentError(std::string(what) + " must be a string");
}

// Calls visit(name, value) for each parameter of `value`, an object of scalars.
template <typename Visit>
Status ForEachParameter(element value, Visit visit) {
  OFFRAMP_ASSIGN_OR_RETURN(const object parameters, AsObject(value, "parameters"));
  for (const auto field : parameters) {
    OFFRAMP_ASSIGN_OR_RETURN(const OipParameter parameter,
                             ParameterFromJson(field.key, field.value));
    OFFRAMP_RETURN_IF_ERROR(visit(field.key, parameter));
  }
  return OkStatus();
}

Result<bool> AsFlag(std::string_view name, const OipParameter& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  return InvalidArgumentError("parameter '" + std::string(name) + "' must be true or false");
}

Result<std::size_t> AsSize(std::string_view name, const OipParameter& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr && *number >= 0) {
    return static_cast<std::size_t>(*number);
  }
  return InvalidArgumentError("parameter '" + std::string(name) +
                              "' must be a whole number of bytes, 0 or more");
}

// What follows the JSON, handed out in the order of the inputs.
class BinaryPart {
 public:
  // `present` is whether the request said where its JSON ends.
  BinaryPart(Buffer bytes, bool present) : bytes_(std::move(bytes)), present_(present) {}

  Result<Buffer> Take(const std::string& input, std::size_t size) {
    if (!present_) {
      return InvalidArgumentError(
          "input '" + input + "': binary data needs the header Inference-Header-Content-Length");
    }
    if (size > bytes_.size() - taken_) {
      return InvalidArgumentError(
          Format("input '%s': binary_data_size is %zu, the body has %zu left", input.c_str(), size,
                 bytes_.size() - taken_));
    }
    const Buffer part = bytes_.Slice(taken_, size);
    taken_ += size;
    return part;
  }

  Status CheckAllTaken() const {
    if (taken_ == bytes_.size()) return OkStatus();
    return InvalidArgumentError(
        Format("%zu bytes of binary data belong to no input", bytes_.size() - taken_));
  }

 private:
  Buffer bytes_;
  bool present_;
  std::size_t taken_ = 0;
};

Status ParseShape(element value, Tensor& tensor) {
  OFFRAMP_ASSIGN_OR_RETURN(const array extents, AsArray(value, "an input's shape"));
  for (const element extent : extents) {
    std::int64_t number = 0;
    if (extent.get_int64().get(number) != simdjson::SUCCESS || number < 0) {
      return InvalidArgumentError("an input's shape must hold whole numbers, 0 or more");
    }
    if (tensor.shape.size() == kMaxTensorRank) {
      return InvalidArgumentError(
          Format("an input's shape has more than %zu axes", kMaxTensorRank));
    }
    tensor.shape.push_back(number);
  }
  return OkStatus();
}

Result<Tensor> ParseInput(element value, BinaryPart& binary) {
  OFFRAMP_ASSIGN_OR_RETURN(const object fields, AsObject(value, "an input"));
  Tensor tensor;
  std::optional<element> data;
  std::optional<element> parameters;
  std::optional<DataType> type;
  // Fields may come in any order: the data is read once name, shape and datatype are known.
  for (const auto field : fields) {
    if (field.key == "name") {
      OFFRAMP_ASSIGN_OR_RETURN(tensor.name, AsString(field.value, "an input's name"));
    } else if (field.key == "datatype") {
      OFFRAMP_ASSIGN_OR_RETURN(const std::string name, AsString(field.value, "a datatype"));
      type = ParseDataType(name);
      if (!type) return InvalidArgumentError("unknown datatype '" + name.substr(0, 64) + "'");
    } else if (field.key == "shape") {
      tensor.shape.clear();
      OFFRAMP_RETURN_IF_ERROR(ParseShape(field.value, tensor));
    } else if (field.key == "data") {
      data = field.value;
    } else if (field.key == "parameters") {
      parameters = field.value;
    }
  }
  if (!type) return InvalidArgumentError("input '" + tensor.name + "' has no datatype");
  tensor.datatype = *type;
  OFFRAMP_RETURN_IF_ERROR(CheckTensorShape(tensor));

  std::optional<std::size_t> binary_bytes;
  if (parameters) {
    OFFRAMP_RETURN_IF_ERROR(ForEachParameter(
        *parameters, [&](std::string_view name, const OipParameter& parameter) -> Status {
          if (name == "binary_data_size") {
            OFFRAMP_ASSIGN_OR_RETURN(binary_bytes, AsSize(name, parameter));
            return OkStatus();
          }
          return CheckTensorParameter(tensor.name, name, parameter);
        }));
  }
  if (binary_bytes.has_value() == data.has_value()) {
    return InvalidArgumentError("input '" + tensor.name +
                                "' needs either data or the parameter binary_data_size");
  }
  if (data) {
    OFFRAMP_RETURN_IF_ERROR(FillFromJson(*data, tensor));
  } else {
    OFFRAMP_ASSIGN_OR_RETURN(Buffer bytes, binary.Take(tensor.name, *binary_bytes));
    tensor.data = AlignedFor(tensor.datatype, std::move(bytes));
    OFFRAMP_RETURN_IF_ERROR(CheckTensorBytes(tensor, "binary data"));
  }
  return tensor;
}

Status ParseOutput(element value, RestReplyPlan& plan) {
  OFFRAMP_ASSIGN_OR_RETURN(const object fields, AsObject(value, "a requested output"));
  std::string output;
  std::optional<bool> binary;
  for (const auto field : fields) {
    if (field.key == "name") {
      OFFRAMP_ASSIGN_OR_RETURN(output, AsString(field.value, "a requested output's name"));
    } else if (field.key == "parameters") {
      OFFRAMP_RETURN_IF_ERROR(ForEachParameter(
          field.value, [&](std::string_view name, const OipParameter& parameter) -> Status {
            if (name == "binary_data") {
              OFFRAMP_ASSIGN_OR_RETURN(binary, AsFlag(name, parameter));
              return OkStatus();
            }
            return CheckTensorParameter(output, name, parameter);
          }));
    }
  }
  if (plan.output_names.size() == kMaxTensorsPerRequest) {
    return InvalidArgumentError(
        Format("more than %zu outputs are requested", kMaxTensorsPerRequest));
  }
  plan.output_names.push_back(output);
  plan.output_binary.push_back(binary.value_or(plan.binary_by_default));
  return OkStatus();
}

// The whole body is one row of the model's single input.
Result<RestInfer> ParseRaw(const Bundle& model, const Buffer& body) {
  if (model.inputs.size() != 1) {
    return InvalidArgumentError(
        Format("a raw request (Inference-Header-Content-Length: 0) needs a model with one input, "
               "'%s' has %zu",
               model.name.c_str(), model.inputs.size()));
  }
  const TensorSpec& spec = model.inputs[0];
  Tensor tensor;
  tensor.name = spec.name;
  tensor.datatype = spec.datatype;
  tensor.shape = spec.shape;
  tensor.data = AlignedFor(spec.datatype, body);
  if (spec.datatype == DataType::kBytes) {
    const auto length = static_cast<std::uint32_t>(body.size());
    MutableBuffer framed(sizeof(length) + body.size());
    std::memcpy(framed.data(), &length, sizeof(length));
    if (!body.empty()) std::memcpy(framed.data() + sizeof(length), body.data(), body.size());
    tensor.data = std::move(framed).Freeze();
  }
  if (tensor.shape.empty()) return InternalError("the model's input has no batch axis");
  tensor.shape[0] = 1;
  const auto open = std::find(tensor.shape.begin(), tensor.shape.end(), -1);
  if (open != tensor.shape.end()) {
    // At most one further open extent: the body's size decides it.
    *open = 1;
    const std::optional<std::int64_t> others = ElementCount(tensor.shape);
    const std::int64_t row_bytes = others.value_or(0) * ElementBytes(spec.datatype);
    if (row_bytes > 0) *open = static_cast<std::int64_t>(body.size()) / row_bytes;
  }
  OFFRAMP_RETURN_IF_ERROR(CheckTensorBytes(tensor, "the raw body"));
  RestInfer infer;
  infer.request.model_name = model.name;
  infer.request.inputs.push_back(std::move(tensor));
  infer.plan.binary_by_default = true;
  return infer;
}

Status ParseFields(object root, const Bundle& model, BinaryPart& binary, RestInfer& infer) {
  std::optional<element> inputs;
  std::optional<element> outputs;
  for (const auto field : root) {
    if (field.key == "id") {
      OFFRAMP_ASSIGN_OR_RETURN(infer.plan.id, AsString(field.value, "the request's id"));
      OFFRAMP_RETURN_IF_ERROR(CheckRequestId(infer.plan.id));
      infer.request.id = infer.plan.id;
    } else if (field.key == "inputs") {
      inputs = field.value;
    } else if (field.key == "outputs") {
      outputs = field.value;
    } else if (field.key == "parameters") {
      OFFRAMP_RETURN_IF_ERROR(ForEachParameter(
          field.value, [&](std::string_view name, const OipParameter& parameter) -> Status {
            if (name == "binary_data_output") {
              OFFRAMP_ASSIGN_OR_RETURN(infer.plan.binary_by_default, AsFlag(name, parameter));
              return OkStatus();
            }
            return ApplyRequestParameter(name, parameter, infer.request);
          }));
    }
  }
  if (!inputs) return InvalidArgumentError("the request has no inputs");
  OFFRAMP_ASSIGN_OR_RETURN(const array input_list, AsArray(*inputs, "inputs"));
  for (const element input : input_list) {
    if (infer.request.inputs.size() == kMaxTensorsPerRequest) {
      return InvalidArgumentError(Format("more than %zu inputs", kMaxTensorsPerRequest));
    }
    OFFRAMP_ASSIGN_OR_RETURN(Tensor tensor, ParseInput(input, binary));
    infer.request.inputs.push_back(std::move(tensor));
  }
  OFFRAMP_RETURN_IF_ERROR(CheckTensorNames(infer.request.inputs));
  OFFRAMP_RETURN_IF_ERROR(binary.CheckAllTaken());
  if (outputs) {
    OFFRAMP_ASSIGN_OR_RETURN(const array output_list, AsArray(*outputs, "outputs"));
    for (const element output : output_list) {
      OFFRAMP_RETURN_IF_ERROR(ParseOutput(output, infer.plan));
    }
  }
  return CheckOutputNames(model, infer.plan.output_names);
}

}  // namespace

struct RestRequestParser::Parser {
  simdjson::dom::parser json;
};

RestRequestParser::RestRequestParser(RestLimits limits) : limits_(limits) {}
RestRequestParser::~RestRequestParser() = default;

Result<RestInfer> RestRequestParser::Parse(const Bundle& model, const Buffer& body,
                                           std::optional<std::uint64_t> json_bytes) {
  if (json_bytes && *json_bytes > body.size()) {
    return InvalidArgumentError(
        Format("Inference-Header-Content-Length is %llu, the body has %zu bytes",
               static_cast<unsigned long long>(*json_bytes), body.size()));
  }
  if (json_bytes && *json_bytes == 0) return ParseRaw(model, body);

  const std::size_t json_size = json_bytes ? static_cast<std::size_t>(*json_bytes) : body.size();
  if (json_size > limits_.max_json_bytes) {
    return ResourceExhaustedError(
        Format("the JSON has %zu bytes, at most %zu are accepted: send tensors as binary data",
               json_size, limits_.max_json_bytes));
  }
  if (!parser_) {
    parser_ = std::make_unique<Parser>();
    if (parser_->json.allocate(64 << 10, limits_.max_json_depth) != simdjson::SUCCESS) {
      parser_.reset();
      return ResourceExhaustedError("no memory to parse the JSON");
    }
  }
  element root;
  // An empty body has no bytes to point at, and the parser wants an address.
  const void* const json = json_size > 0 ? static_cast<const void*>(body.data()) : "";
  const auto error =
      parser_->json.parse(static_cast<const std::uint8_t*>(json), json_size).get(root);
  if (error != simdjson::SUCCESS) {
    return InvalidArgumentError("the body is not valid JSON: " +
                                std::string(simdjson::error_message(error)));
  }
  BinaryPart binary(body.Slice(json_size, body.size() - json_size), json_bytes.has_value());
  RestInfer infer;
  infer.request.model_name = model.name;
  const auto fields = AsObject(root, "the request");
  const Status parsed = fields.ok() ? ParseFields(*fields, model, binary, infer) : fields.status();
  if (parser_->json.capacity() > kKeptCapacityBytes) parser_.reset();
  if (!parsed.ok()) return parsed;
  return infer;
}

}  // namespace offramp
