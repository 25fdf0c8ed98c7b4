#include "offramp/gateway/oip_parameters.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "offramp/base/text.h"
#include "offramp/base/units.h"

namespace offramp {

namespace {

std::optional<bool> AsBool(const OipParameter& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  return std::nullopt;
}

// A non-negative whole number; tritonclient sends integers as int64, uint64 or text.
std::optional<double> AsCount(const OipParameter& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (*number >= 0) return static_cast<double>(*number);
  } else if (const auto* unsigned_number = std::get_if<std::uint64_t>(&value)) {
    return static_cast<double>(*unsigned_number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    if (*real >= 0 && std::floor(*real) == *real) return *real;
  }
  return std::nullopt;
}

bool IsUnset(const OipParameter& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty();
  if (const auto flag = AsBool(value)) return !*flag;
  return AsCount(value) == 0.0;
}

}  // namespace

Status ApplyRequestParameter(std::string_view name, const OipParameter& value,
                             InferenceRequest& request) {
  if (name == "early_exit") {
    const auto flag = AsBool(value);
    if (!flag) return InvalidArgumentError("parameter 'early_exit' must be true or false");
    request.early_exit = *flag;
  } else if (name == "timeout") {
    const auto timeout_us = AsCount(value);
    if (!timeout_us) {
      return InvalidArgumentError(
          "parameter 'timeout' must be a whole number of microseconds, 0 or more");
    }
    if (*timeout_us > 0) {
      request.timeout_s = std::min(*timeout_us * kMicrosecond, kMaxTimeoutSeconds);
    }
  } else if (name.starts_with("sequence_") && !IsUnset(value)) {
    return UnimplementedError("parameter '" + std::string(name) +
                              "': sequences are not supported, every row is a task of its own");
  }
  return OkStatus();
}

Status CheckTensorParameter(std::string_view tensor, std::string_view name,
                            const OipParameter& value) {
  if (name.starts_with("shared_memory_") && !IsUnset(value)) {
    return UnimplementedError("tensor '" + std::string(tensor) + "': shared memory is not offered");
  }
  if (name == "classification" && !IsUnset(value)) {
    return UnimplementedError("output '" + std::string(tensor) +
                              "': the classification extension is not offered");
  }
  return OkStatus();
}

Status CheckRequestId(std::string_view id) {
  if (id.size() <= kMaxRequestIdBytes) return OkStatus();
  return InvalidArgumentError(Format("the request's id has %zu bytes, at most %zu are accepted",
                                     id.size(), kMaxRequestIdBytes));
}

bool IsPlainToken(std::string_view value) {
  return !value.empty() && value.size() <= kMaxRequestIdBytes &&
         std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace offramp
