#include "offramp/gateway/oip_tensors.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "offramp/base/text.h"

namespace offramp {

namespace {

Status CheckBytesElements(const Tensor& tensor, std::int64_t elements, const char* what) {
  const std::byte* at = tensor.data.data();
  std::size_t left = tensor.data.size();
  std::int64_t found = 0;
  while (left > 0) {
    std::uint32_t length = 0;
    if (left < sizeof(length)) break;
    std::memcpy(&length, at, sizeof(length));
    at += sizeof(length);
    left -= sizeof(length);
    if (left < length) break;
    at += length;
    left -= length;
    ++found;
    if (left == 0 && found == elements) return OkStatus();
  }
  return InvalidArgumentError(Format(
      "input '%s': %s must hold exactly %lld elements of a uint32 length and that many bytes",
      tensor.name.c_str(), what, static_cast<long long>(elements)));
}

}  // namespace

Status CheckTensorShape(const Tensor& tensor) {
  if (tensor.name.empty()) return InvalidArgumentError("an input has no name");
  if (tensor.shape.empty() || tensor.shape.size() > kMaxTensorRank) {
    return InvalidArgumentError(Format("input '%s': the shape must have 1 to %zu axes, has %zu",
                                       tensor.name.c_str(), kMaxTensorRank, tensor.shape.size()));
  }
  if (tensor.shape[0] == 0) {
    return InvalidArgumentError("input '" + tensor.name + "': the shape has no rows (axis 0 is 0)");
  }
  if (!ElementCount(tensor.shape)) {
    return InvalidArgumentError("input '" + tensor.name +
                                "': the shape has a negative or far too large extent");
  }
  return OkStatus();
}

Status CheckTensorBytes(const Tensor& tensor, const char* what) {
  OFFRAMP_RETURN_IF_ERROR(CheckTensorShape(tensor));
  const std::int64_t elements = *ElementCount(tensor.shape);
  if (tensor.datatype == DataType::kBytes) return CheckBytesElements(tensor, elements, what);

  const std::int64_t expected = elements * ElementBytes(tensor.datatype);
  if (static_cast<std::int64_t>(tensor.data.size()) != expected) {
    return InvalidArgumentError(
        Format("input '%s': %s has %zu bytes, shape and datatype %s need %lld", tensor.name.c_str(),
               what, tensor.data.size(), std::string(DataTypeName(tensor.datatype)).c_str(),
               static_cast<long long>(expected)));
  }
  if (tensor.datatype == DataType::kBool &&
      std::any_of(tensor.data.bytes().begin(), tensor.data.bytes().end(),
                  [](std::byte value) { return value > std::byte{1}; })) {
    return InvalidArgumentError("input '" + tensor.name + "': BOOL bytes must be 0 or 1");
  }
  return OkStatus();
}

Status CheckTensorNames(const std::vector<Tensor>& tensors) {
  if (tensors.empty()) return InvalidArgumentError("the request has no inputs");
  if (tensors.size() > kMaxTensorsPerRequest) {
    return InvalidArgumentError(Format("the request has %zu inputs, at most %zu are accepted",
                                       tensors.size(), kMaxTensorsPerRequest));
  }
  std::set<std::string_view> seen;
  for (const Tensor& tensor : tensors) {
    if (!seen.insert(tensor.name).second) {
      return InvalidArgumentError("input '" + tensor.name + "' stands twice");
    }
  }
  return OkStatus();
}

Buffer AlignedFor(DataType type, Buffer bytes) {
  const auto width = static_cast<std::size_t>(std::max<std::int64_t>(1, ElementBytes(type)));
  if (bytes.empty() || bytes.IsAlignedTo(width)) return bytes;
  return Buffer::CopyOf(bytes.bytes());
}

}  // namespace offramp
