#include "offramp/gateway/request_check.h"

#include <string>

#include "offramp/base/text.h"

namespace offramp {

namespace {

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ",";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

// `want` has -1 where any extent is fine; axis 0 is the batch.
bool ShapeFits(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& want) {
  if (shape.size() != want.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (want[i] >= 0 && shape[i] != want[i]) return false;
  }
  return true;
}

Status CheckInput(const Tensor& input, const TensorSpec& spec) {
  const std::string where = "input \"" + spec.name + "\"";
  if (input.datatype != spec.datatype) {
    return InvalidArgumentError(where + " is " + std::string(DataTypeName(input.datatype)) +
                                ", expected " + std::string(DataTypeName(spec.datatype)));
  }
  // Texts are as often sent as a plain list of them.
  const bool list = spec.datatype == DataType::kBytes && input.shape.size() == 1 &&
                    spec.shape == std::vector<std::int64_t>{-1, 1};
  if (!list && !ShapeFits(input.shape, spec.shape)) {
    return InvalidArgumentError(where + " has shape " + ShapeText(input.shape) + ", expected " +
                                ShapeText(spec.shape));
  }
  const auto elements = ElementCount(input.shape);
  if (!elements) return InvalidArgumentError(where + " has an impossible shape");
  const std::int64_t width = ElementBytes(input.datatype);
  const std::int64_t bytes = *elements * width;
  if (width > 0 && static_cast<std::int64_t>(input.data.size()) != bytes) {
    return InvalidArgumentError(Format("%s has %zu bytes, expected %lld for its shape",
                                       where.c_str(), input.data.size(),
                                       static_cast<long long>(bytes)));
  }
  return OkStatus();
}

}  // namespace

Result<std::int64_t> CheckRequest(const InferenceRequest& request, const Bundle& model,
                                  std::int64_t max_rows) {
  if (request.model_name != model.name) {
    return NotFoundError("no model \"" + request.model_name + "\" here, only \"" + model.name +
                         "\"");
  }
  if (!request.model_version.empty() && request.model_version != "1") {
    return NotFoundError("model \"" + model.name + "\" has no version \"" + request.model_version +
                         "\", only \"1\"");
  }
  std::int64_t rows = -1;
  for (const TensorSpec& spec : model.inputs) {
    const Tensor* found = nullptr;
    for (const Tensor& input : request.inputs) {
      if (input.name != spec.name) continue;
      if (found != nullptr) {
        return InvalidArgumentError("input \"" + spec.name + "\" is given twice");
      }
      found = &input;
    }
    if (found == nullptr) return InvalidArgumentError("input \"" + spec.name + "\" is missing");
    OFFRAMP_RETURN_IF_ERROR(CheckInput(*found, spec));
    if (rows >= 0 && found->rows() != rows) {
      return InvalidArgumentError("inputs differ in their number of rows");
    }
    rows = found->rows();
  }
  if (request.inputs.size() > model.inputs.size()) {
    for (const Tensor& input : request.inputs) {
      bool known = false;
      for (const TensorSpec& spec : model.inputs) known |= spec.name == input.name;
      if (!known) {
        return InvalidArgumentError("model \"" + model.name + "\" has no input \"" + input.name +
                                    "\"");
      }
    }
  }
  if (rows == 0) return InvalidArgumentError("the request has no rows");
  if (rows > max_rows) {
    return InvalidArgumentError(Format("%lld rows in one request, at most %lld",
                                       static_cast<long long>(rows),
                                       static_cast<long long>(max_rows)));
  }
  return rows;
}

}  // namespace offramp
