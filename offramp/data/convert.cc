#include "offramp/data/convert.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "offramp/base/text.h"

namespace offramp {

namespace {

// Holds every element of every type exactly on the machines that we run on: 64 bits of fraction or
// more.
using Wide = long double;

template <typename T>
T Load(const std::byte* from, std::int64_t i) {
  T value;
  std::memcpy(&value, from + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T>
void Store(std::byte* to, std::int64_t i, T value) {
  std::memcpy(to + i * static_cast<std::int64_t>(sizeof(T)), &value, sizeof(T));
}

float OfHalf(std::uint16_t half) {
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  const int exponent = (half >> 10) & 0x1f;
  const auto fraction = static_cast<float>(half & 0x3ff);
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 0x1f) return fraction == 0 ? sign * HUGE_VALF : NAN;
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

// To nearest, ties to even. REQUIRES: finite.
std::uint16_t ToHalf(double value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double size = std::abs(value);
  int exponent = 0;
  std::frexp(size, &exponent);
  // The weight of the last of 10 fraction bits; below 2^-14 numbers are denormal.
  const int last = std::max(exponent - 11, -24);
  const auto steps = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(size, -last)));
  // Carries run over into the exponent by themselves.
  const std::uint32_t bits =
      steps < 1024 ? steps : steps + (static_cast<std::uint32_t>(last + 24) << 10);
  return static_cast<std::uint16_t>(sign | std::min<std::uint32_t>(bits, 0x7c00));
}

std::uint16_t ToBfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

Wide LoadWide(const std::byte* from, DataType type, std::int64_t i) {
  switch (type) {
    case DataType::kBool:
      return Load<std::uint8_t>(from, i) != 0 ? 1 : 0;
    case DataType::kUint8:
    case DataType::kBytes:
      return Load<std::uint8_t>(from, i);
    case DataType::kUint16:
      return Load<std::uint16_t>(from, i);
    case DataType::kUint32:
      return Load<std::uint32_t>(from, i);
    case DataType::kUint64:
      return static_cast<Wide>(Load<std::uint64_t>(from, i));
    case DataType::kInt8:
      return Load<std::int8_t>(from, i);
    case DataType::kInt16:
      return Load<std::int16_t>(from, i);
    case DataType::kInt32:
      return Load<std::int32_t>(from, i);
    case DataType::kInt64:
      return static_cast<Wide>(Load<std::int64_t>(from, i));
    case DataType::kFp16:
      return static_cast<Wide>(OfHalf(Load<std::uint16_t>(from, i)));
    case DataType::kBf16:
      return static_cast<Wide>(
          std::bit_cast<float>(std::uint32_t{Load<std::uint16_t>(from, i)} << 16));
    case DataType::kFp32:
      return static_cast<Wide>(Load<float>(from, i));
    case DataType::kFp64:
      return static_cast<Wide>(Load<double>(from, i));
  }
  return 0;
}

// Fraction bits that a floating type holds, and its largest value.
int FractionBits(DataType type) {
  switch (type) {
    case DataType::kFp16:
      return 11;
    case DataType::kBf16:
      return 8;
    case DataType::kFp32:
      return 24;
    default:
      return 53;
  }
}

Wide Largest(DataType type) {
  switch (type) {
    case DataType::kFp16:
      return 65504;
    case DataType::kBf16:
      return std::ldexp(Wide{255}, 120);
    case DataType::kFp32:
      return std::numeric_limits<float>::max();
    default:
      return std::numeric_limits<double>::max();
  }
}

// Range of an integer type.
std::pair<Wide, Wide> RangeOf(DataType type) {
  const int bits = static_cast<int>(8 * ElementBytes(type));
  switch (type) {
    case DataType::kBool:
      return {0, 1};
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
    case DataType::kInt64:
      return {-std::ldexp(Wide{1}, bits - 1), std::ldexp(Wide{1}, bits - 1) - 1};
    default:
      return {0, std::ldexp(Wide{1}, bits) - 1};
  }
}

bool HoldsExactly(Wide integer, DataType type) {
  if (integer == 0) return true;
  int exponent = 0;
  const Wide fraction = std::frexp(integer, &exponent);
  const Wide scaled = std::ldexp(fraction, FractionBits(type));
  return scaled == std::trunc(scaled);
}

void StoreWide(std::byte* to, DataType type, std::int64_t i, Wide value) {
  switch (type) {
    case DataType::kBool:
    case DataType::kUint8:
    case DataType::kBytes:
      return Store(to, i, static_cast<std::uint8_t>(value));
    case DataType::kUint16:
      return Store(to, i, static_cast<std::uint16_t>(value));
    case DataType::kUint32:
      return Store(to, i, static_cast<std::uint32_t>(value));
    case DataType::kUint64:
      return Store(to, i, static_cast<std::uint64_t>(value));
    case DataType::kInt8:
      return Store(to, i, static_cast<std::int8_t>(value));
    case DataType::kInt16:
      return Store(to, i, static_cast<std::int16_t>(value));
    case DataType::kInt32:
      return Store(to, i, static_cast<std::int32_t>(value));
    case DataType::kInt64:
      return Store(to, i, static_cast<std::int64_t>(value));
    case DataType::kFp16:
      return Store(to, i, ToHalf(static_cast<double>(value)));
    case DataType::kBf16:
      return Store(to, i, ToBfloat16(static_cast<float>(value)));
    case DataType::kFp32:
      return Store(to, i, static_cast<float>(value));
    case DataType::kFp64:
      return Store(to, i, static_cast<double>(value));
  }
}

std::string Shown(Wide value) { return Format("%.9Lg", value); }

// Why `value`, which is finite, cannot be of type `type`; empty: it can.
std::string Misfit(Wide value, DataType type, bool exact) {
  const std::string name(DataTypeName(type));
  if (IsFloating(type)) {
    if (std::abs(value) > Largest(type)) {
      return "is " + Shown(value) + ", more than " + name + " holds";
    }
    if (exact && !HoldsExactly(value, type)) {
      return Format("is %.0Lf, which ", value) + name + " does not hold exactly";
    }
    return "";
  }
  if (value != std::trunc(value)) return "is " + Shown(value) + ", expected an integer: " + name;
  const auto [low, high] = RangeOf(type);
  if (value < low || value > high) {
    return Format("is %.0Lf, expected ", value) + name + Format(": %.0Lf to %.0Lf", low, high);
  }
  return "";
}

std::size_t ChannelOf(std::int64_t i, std::int64_t row_elements, const Normalisation& n) {
  return static_cast<std::size_t>(i % row_elements / n.channel_run % n.channels);
}

Wide Normalised(Wide stored, std::size_t channel, const Normalisation& n) {
  Wide value = stored * static_cast<Wide>(n.scale);
  if (!n.mean.empty()) value -= static_cast<Wide>(n.mean[channel]);
  if (!n.std.empty()) value /= static_cast<Wide>(n.std[channel]);
  return value;
}

// Pixels are most of what there is, and there are few different ones.
void ConvertPixels(const std::byte* from, std::byte* to, std::int64_t count,
                   std::int64_t row_elements, const Normalisation& n) {
  std::vector<std::array<float, 256>> tables(static_cast<std::size_t>(n.channels));
  for (std::size_t c = 0; c < tables.size(); ++c) {
    for (std::size_t v = 0; v < 256; ++v) {
      tables[c][v] = static_cast<float>(Normalised(static_cast<Wide>(v), c, n));
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::size_t channel = n.channels == 1 ? 0 : ChannelOf(i, row_elements, n);
    Store(to, i, tables[channel][Load<std::uint8_t>(from, i)]);
  }
}

template <typename T>
std::optional<BadElement> FirstNotFinite(const std::byte* from, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const T value = Load<T>(from, i);
    if (std::isfinite(value)) continue;
    return BadElement{i, std::isnan(value) ? "is NaN, expected a finite number"
                                           : "is infinite, expected a finite number"};
  }
  return std::nullopt;
}

}  // namespace

bool IsFloating(DataType type) {
  return type == DataType::kFp16 || type == DataType::kBf16 || type == DataType::kFp32 ||
         type == DataType::kFp64;
}

std::optional<BadElement> ConvertElements(const std::byte* from, DataType from_type, std::byte* to,
                                          DataType to_type, std::int64_t count,
                                          std::int64_t row_elements,
                                          const Normalisation& normalisation) {
  const bool plain = normalisation.identity();
  if (from_type == DataType::kUint8 && to_type == DataType::kFp32) {
    ConvertPixels(from, to, count, row_elements, normalisation);
    return std::nullopt;
  }
  if (plain && from_type == to_type && from_type != DataType::kFp16 &&
      from_type != DataType::kBf16 && from_type != DataType::kBool) {
    std::optional<BadElement> bad;
    if (from_type == DataType::kFp32) bad = FirstNotFinite<float>(from, count);
    if (from_type == DataType::kFp64) bad = FirstNotFinite<double>(from, count);
    if (!bad) std::memcpy(to, from, static_cast<std::size_t>(count * ElementBytes(to_type)));
    return bad;
  }
  const bool exact = plain && !IsFloating(from_type);
  for (std::int64_t i = 0; i < count; ++i) {
    Wide value = LoadWide(from, from_type, i);
    if (std::isnan(value)) return BadElement{i, "is NaN, expected a finite number"};
    if (std::isinf(value)) return BadElement{i, "is infinite, expected a finite number"};
    if (!plain) value = Normalised(value, ChannelOf(i, row_elements, normalisation), normalisation);
    std::string misfit = Misfit(value, to_type, exact);
    if (!misfit.empty()) return BadElement{i, std::move(misfit)};
    StoreWide(to, to_type, i, value);
  }
  return std::nullopt;
}

}  // namespace offramp
