#include "offramp/model/confidence.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

namespace offramp {

namespace {

// IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits.
float HalfToFloat(std::uint16_t half) {
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  const int exponent = (half >> 10) & 0x1f;
  const float fraction = static_cast<float>(half & 0x3ff);
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 0x1f) return fraction == 0 ? sign * HUGE_VALF : NAN;
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

// The upper half of a float.
float Bfloat16ToFloat(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

template <typename T>
T Load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);  // rows of a slice need not be aligned
  return value;
}

// REQUIRES: a floating datatype.
float LoadAsFloat(DataType type, const std::byte* bytes) {
  switch (type) {
    case DataType::kFp16:
      return HalfToFloat(Load<std::uint16_t>(bytes));
    case DataType::kBf16:
      return Bfloat16ToFloat(Load<std::uint16_t>(bytes));
    case DataType::kFp64:
      return static_cast<float>(Load<double>(bytes));
    default:
      return Load<float>(bytes);
  }
}

bool IsFloating(DataType type) {
  return type == DataType::kFp16 || type == DataType::kBf16 || type == DataType::kFp32 ||
         type == DataType::kFp64;
}

}  // namespace

Confidence MaxSoftmax(std::span<const float> logits, double temperature) {
  constexpr Confidence kInvalid{.confidence = 0, .argmax = 0, .valid = false};
  if (logits.empty()) return kInvalid;
  Confidence best;
  for (std::size_t k = 0; k < logits.size(); ++k) {
    if (std::isnan(logits[k])) return kInvalid;
    if (logits[k] > logits[static_cast<std::size_t>(best.argmax)])
      best.argmax = static_cast<int>(k);
  }
  const double largest = logits[static_cast<std::size_t>(best.argmax)];
  double sum = 0;
  for (const float logit : logits) {
    // Equal infinities differ by NaN, not by 0.
    sum += logit == largest ? 1.0 : std::exp((logit - largest) / temperature);
  }
  best.confidence = static_cast<float>(1 / sum);
  return best;
}

Result<std::vector<float>> FloatsOf(const Tensor& tensor) {
  if (!IsFloating(tensor.datatype)) {
    return InvalidArgumentError("tensor \"" + tensor.name + "\" is " +
                                std::string(DataTypeName(tensor.datatype)) +
                                ", expected floating-point logits");
  }
  const auto element_bytes = static_cast<std::size_t>(ElementBytes(tensor.datatype));
  const std::optional<std::int64_t> elements = ElementCount(tensor.shape);
  if (!elements.has_value() ||
      static_cast<std::size_t>(*elements) * element_bytes != tensor.data.size()) {
    return InvalidArgumentError("tensor \"" + tensor.name + "\" has " +
                                std::to_string(tensor.data.size()) +
                                " bytes, which do not fit its shape");
  }
  std::vector<float> values(static_cast<std::size_t>(*elements));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = LoadAsFloat(tensor.datatype, tensor.data.data() + i * element_bytes);
  }
  return values;
}

Result<std::vector<Confidence>> RowConfidences(const Tensor& logits, double temperature) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<float> values, FloatsOf(logits));
  const auto rows = static_cast<std::size_t>(logits.rows());
  if (rows == 0) return std::vector<Confidence>();
  const std::size_t classes = values.size() / rows;
  std::vector<Confidence> confidences;
  confidences.reserve(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    confidences.push_back(MaxSoftmax({values.data() + r * classes, classes}, temperature));
  }
  return confidences;
}

}  // namespace offramp
