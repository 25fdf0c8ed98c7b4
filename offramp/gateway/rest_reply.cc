#include "offramp/gateway/rest_reply.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "offramp/base/text.h"
#include "offramp/gateway/oip_model.h"
#include "offramp/gateway/oip_outputs.h"
#include "offramp/gateway/status_map.h"

namespace offramp {

namespace {

void AppendString(std::string& out, std::string_view text) {
  out += '"';
  out += JsonEscaped(text);
  out += '"';
}

template <typename T>
void AppendNumber(std::string& out, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      out += "null";
      return;
    }
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out.append(text, end);
}

template <typename T>
void AppendValues(std::string& out, const Tensor& tensor) {
  const std::size_t count = tensor.data.size() / sizeof(T);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    T value;  // memcpy: the bytes come from the wire and need not be aligned
    std::memcpy(&value, tensor.data.data() + i * sizeof(T), sizeof(T));
    AppendNumber(out, value);
  }
}

void AppendBools(std::string& out, const Tensor& tensor) {
  bool first = true;
  for (const std::byte value : tensor.data.bytes()) {
    if (!first) out += ',';
    first = false;
    out += value != std::byte{0} ? "true" : "false";
  }
}

void AppendStrings(std::string& out, const Tensor& tensor) {
  std::string_view left = tensor.data.text();
  bool first = true;
  while (left.size() >= sizeof(std::uint32_t)) {
    std::uint32_t length = 0;
    std::memcpy(&length, left.data(), sizeof(length));
    left.remove_prefix(sizeof(length));
    if (!first) out += ',';
    first = false;
    AppendString(out, left.substr(0, length));
    left.remove_prefix(std::min<std::size_t>(length, left.size()));
  }
}

Status AppendData(std::string& out, const Tensor& tensor) {
  switch (tensor.datatype) {
    case DataType::kBool:
      AppendBools(out, tensor);
      break;
    case DataType::kUint8:
      AppendValues<std::uint8_t>(out, tensor);
      break;
    case DataType::kUint16:
      AppendValues<std::uint16_t>(out, tensor);
      break;
    case DataType::kUint32:
      AppendValues<std::uint32_t>(out, tensor);
      break;
    case DataType::kUint64:
      AppendValues<std::uint64_t>(out, tensor);
      break;
    case DataType::kInt8:
      AppendValues<std::int8_t>(out, tensor);
      break;
    case DataType::kInt16:
      AppendValues<std::int16_t>(out, tensor);
      break;
    case DataType::kInt32:
      AppendValues<std::int32_t>(out, tensor);
      break;
    case DataType::kInt64:
      AppendValues<std::int64_t>(out, tensor);
      break;
    case DataType::kFp32:
      AppendValues<float>(out, tensor);
      break;
    case DataType::kFp64:
      AppendValues<double>(out, tensor);
      break;
    case DataType::kBytes:
      AppendStrings(out, tensor);
      break;
    case DataType::kFp16:
    case DataType::kBf16:
      return InvalidArgumentError("output '" + tensor.name + "' is " +
                                  std::string(DataTypeName(tensor.datatype)) +
                                  ", which JSON cannot carry: request it as binary data");
  }
  return OkStatus();
}

bool WantsBinary(const RestReplyPlan& plan, std::size_t output) {
  return plan.output_names.empty() ? plan.binary_by_default : plan.output_binary[output];
}

void AppendOutputHead(std::string& out, const Tensor& tensor) {
  out += "{\"name\":";
  AppendString(out, tensor.name);
  out += ",\"datatype\":";
  AppendString(out, DataTypeName(tensor.datatype));
  out += ",\"shape\":[";
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    if (i > 0) out += ',';
    AppendNumber(out, tensor.shape[i]);
  }
  out += ']';
}

}  // namespace

HttpResponse RestError(const Status& status, double retry_after_s) {
  HttpResponse response = HttpResponse::Error(HttpStatusOf(status.code()), status.message());
  if (retry_after_s > 0) {
    // A client cannot wait part of a second by this header, and waiting too little costs a refusal.
    const double seconds = std::clamp(std::ceil(retry_after_s), 1.0, 3600.0);
    response.headers.Add("Retry-After", Format("%.0f", seconds));
  }
  return response;
}

HttpResponse RestReply(const RestReplyPlan& plan, const Bundle& model,
                       const InferenceReply& reply) {
  if (!reply.status.ok()) return RestError(reply.status, reply.retry_after_s);
  const auto outputs = SelectOutputs(model, reply, plan.output_names);
  if (!outputs.ok()) return RestError(outputs.status());

  std::string json = "{\"model_name\":";
  AppendString(json, model.name);
  json += ",\"model_version\":\"";
  json += kModelVersion;
  json += '"';
  if (!plan.id.empty()) {
    json += ",\"id\":";
    AppendString(json, plan.id);
  }
  json += ",\"parameters\":{\"path\":";
  AppendString(json, reply.path);
  json += "},\"outputs\":[";
  std::vector<Buffer> binary;
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    const Tensor& tensor = (*outputs)[i];
    if (i > 0) json += ',';
    AppendOutputHead(json, tensor);
    if (WantsBinary(plan, i)) {
      json += ",\"parameters\":{\"binary_data_size\":";
      AppendNumber(json, tensor.data.size());
      json += "}}";
      binary.push_back(tensor.data);
    } else {
      json += ",\"data\":[";
      const Status appended = AppendData(json, tensor);
      if (!appended.ok()) return RestError(appended);
      json += "]}";
    }
  }
  json += "]}";

  if (binary.empty()) return HttpResponse::Json(200, std::move(json));
  HttpResponse response;
  response.headers.Add("Content-Type", "application/octet-stream");
  response.headers.Add("Inference-Header-Content-Length", std::to_string(json.size()));
  response.body.push_back(Buffer::CopyOf(json));
  for (Buffer& part : binary) response.body.push_back(std::move(part));
  return response;
}

}  // namespace offramp
