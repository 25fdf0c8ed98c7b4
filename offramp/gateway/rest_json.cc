#include "offramp/gateway/rest_json.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "offramp/base/text.h"

namespace offramp {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;

// simdjson counts the elements of an array up to this number and no further.
constexpr std::size_t kCountSaturated = 0xFFFFFF;

// One JSON value into one element; false when the value does not fit the type.
template <typename T>
bool Convert(element value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    return value.get_bool().get(out) == simdjson::SUCCESS;
  } else if constexpr (std::is_floating_point_v<T>) {
    double number = 0;
    if (value.get_double().get(number) != simdjson::SUCCESS) return false;
    out = static_cast<T>(number);
    return std::isfinite(out);
  } else if constexpr (std::is_signed_v<T>) {
    std::int64_t number = 0;
    if (value.get_int64().get(number) != simdjson::SUCCESS) return false;
    out = static_cast<T>(number);
    return out == number;
  } else {
    std::uint64_t number = 0;
    if (value.get_uint64().get(number) != simdjson::SUCCESS) return false;
    out = static_cast<T>(number);
    return out == number;
  }
}

// Walks nested arrays and hands every scalar to `sink`, which returns false to stop.
class Walker {
 public:
  explicit Walker(const Tensor& tensor) : tensor_(tensor) {}

  template <typename Sink>
  Status Walk(array values, Sink&& sink) {
    // Only a nest of the tensor's full rank tells rows from columns: then hold it to the shape.
    strict_ = NestDepth(values) == tensor_.shape.size();
    return WalkLevel(values, 0, sink);
  }

 private:
  static std::size_t NestDepth(array values) {
    std::size_t depth = 1;
    while (values.begin() != values.end()) {
      array inner;
      if (element(*values.begin()).get_array().get(inner) != simdjson::SUCCESS) break;
      values = inner;
      ++depth;
    }
    return depth;
  }

  template <typename Sink>
  Status WalkLevel(array values, std::size_t depth, Sink& sink) {
    if (strict_) {
      const std::size_t size = values.size();
      if (depth >= tensor_.shape.size() ||
          (size < kCountSaturated && static_cast<std::int64_t>(size) != tensor_.shape[depth])) {
        return InvalidArgumentError(
            Format("input '%s': the nested data does not have the shape's extents (axis %zu)",
                   tensor_.name.c_str(), depth));
      }
    }
    for (const element value : values) {
      if (value.type() == element_type::ARRAY) {
        array inner;
        if (value.get_array().get(inner) != simdjson::SUCCESS) continue;
        OFFRAMP_RETURN_IF_ERROR(WalkLevel(inner, depth + 1, sink));
      } else {
        OFFRAMP_RETURN_IF_ERROR(sink(value));
      }
    }
    return OkStatus();
  }

  const Tensor& tensor_;
  bool strict_ = false;
};

Status CountError(const Tensor& tensor, std::int64_t expected) {
  return InvalidArgumentError(
      Format("input '%s': the shape needs %lld values, data has another number of them",
             tensor.name.c_str(), static_cast<long long>(expected)));
}

Status ValueError(const Tensor& tensor, std::int64_t index) {
  return InvalidArgumentError(Format("input '%s': value %lld does not fit datatype %s",
                                     tensor.name.c_str(), static_cast<long long>(index),
                                     std::string(DataTypeName(tensor.datatype)).c_str()));
}

template <typename T>
Status FillFixed(array values, std::int64_t elements, Tensor& tensor) {
  MutableBuffer bytes(static_cast<std::size_t>(elements) * sizeof(T));
  T* const out = reinterpret_cast<T*>(bytes.data());
  std::int64_t filled = 0;
  OFFRAMP_RETURN_IF_ERROR(Walker(tensor).Walk(values, [&](element value) {
    if (filled == elements) return CountError(tensor, elements);
    if (!Convert<T>(value, out[filled])) return ValueError(tensor, filled);
    ++filled;
    return OkStatus();
  }));
  if (filled != elements) return CountError(tensor, elements);
  tensor.data = std::move(bytes).Freeze();
  return OkStatus();
}

Status FillStrings(array values, std::int64_t elements, Tensor& tensor) {
  std::string bytes;
  std::int64_t filled = 0;
  OFFRAMP_RETURN_IF_ERROR(Walker(tensor).Walk(values, [&](element value) {
    if (filled == elements) return CountError(tensor, elements);
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return ValueError(tensor, filled);
    const auto length = static_cast<std::uint32_t>(text.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof(length));
    bytes.append(text);
    ++filled;
    return OkStatus();
  }));
  if (filled != elements) return CountError(tensor, elements);
  tensor.data = Buffer::CopyOf(bytes);
  return OkStatus();
}

// The most elements that `values` can hold, without walking all of it: each takes a place on
// simdjson's tape. Keeps a huge shape with little data from allocating anything.
bool CanHold(array values, std::int64_t elements) {
  return elements <= static_cast<std::int64_t>(values.number_of_slots());
}

}  // namespace

Status FillFromJson(element data, Tensor& tensor) {
  array values;
  if (data.get_array().get(values) != simdjson::SUCCESS) {
    return InvalidArgumentError("input '" + tensor.name + "': data must be an array");
  }
  const std::int64_t elements = *ElementCount(tensor.shape);
  if (!CanHold(values, elements)) return CountError(tensor, elements);
  switch (tensor.datatype) {
    case DataType::kBool:
      return FillFixed<bool>(values, elements, tensor);
    case DataType::kUint8:
      return FillFixed<std::uint8_t>(values, elements, tensor);
    case DataType::kUint16:
      return FillFixed<std::uint16_t>(values, elements, tensor);
    case DataType::kUint32:
      return FillFixed<std::uint32_t>(values, elements, tensor);
    case DataType::kUint64:
      return FillFixed<std::uint64_t>(values, elements, tensor);
    case DataType::kInt8:
      return FillFixed<std::int8_t>(values, elements, tensor);
    case DataType::kInt16:
      return FillFixed<std::int16_t>(values, elements, tensor);
    case DataType::kInt32:
      return FillFixed<std::int32_t>(values, elements, tensor);
    case DataType::kInt64:
      return FillFixed<std::int64_t>(values, elements, tensor);
    case DataType::kFp32:
      return FillFixed<float>(values, elements, tensor);
    case DataType::kFp64:
      return FillFixed<double>(values, elements, tensor);
    case DataType::kBytes:
      return FillStrings(values, elements, tensor);
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return InvalidArgumentError("input '" + tensor.name +
                              "': " + std::string(DataTypeName(tensor.datatype)) +
                              " cannot be sent as JSON numbers, send it as binary data");
}

Result<OipParameter> ParameterFromJson(std::string_view name, element value) {
  switch (value.type()) {
    case element_type::BOOL:
      return OipParameter(bool(value));
    case element_type::INT64:
      return OipParameter(std::int64_t(value));
    case element_type::UINT64:
      return OipParameter(std::uint64_t(value));
    case element_type::DOUBLE:
      return OipParameter(double(value));
    case element_type::STRING:
      return OipParameter(std::string(std::string_view(value)));
    default:
      break;
  }
  return InvalidArgumentError("parameter '" + std::string(name) +
                              "' must be a string, a number or a boolean");
}

}  // namespace offramp
