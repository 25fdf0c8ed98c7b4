#include "offramp/partition/sample_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include "offramp/base/text.h"
#include "offramp/engine/onnx_interface.h"
#include "offramp/partition/element_type.h"

namespace offramp {

namespace {

constexpr std::int64_t kGuessedImage = 224;
constexpr std::int64_t kGuessedChannels = 3;
constexpr std::int64_t kGuessedLength = 16;
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

std::int64_t Guess(std::size_t axis, std::size_t rank) {
  if (rank == 4) return axis == 1 ? kGuessedChannels : kGuessedImage;
  return kGuessedLength;
}

Status Wrong(const std::string& name, const std::string& what) {
  return InvalidArgumentError("input \"" + name + "\" " + what);
}

Result<SampleInput> OneInput(const onnx::ValueInfoProto& info, const InputShapes& given,
                             std::vector<std::string>& notes) {
  const auto& type = info.type().tensor_type();
  const std::optional<DataType> datatype = FromElementType(type.elem_type());
  if (!datatype) return Wrong(info.name(), "has a type that cannot be sent between nodes");
  if (type.has_shape() && type.shape().dim_size() == 0) {
    return Wrong(info.name(), "is a single number, expected a batch axis");
  }
  const auto it = given.find(info.name());
  if (!type.has_shape() && it == given.end()) {
    return Wrong(info.name(),
                 "has no shape in the file; give one: --shape " + info.name() + "=1x...");
  }
  SampleInput input{.name = info.name(), .datatype = *datatype};
  const std::size_t rank =
      type.has_shape() ? static_cast<std::size_t>(type.shape().dim_size()) : it->second.size();
  if (it != given.end() && it->second.size() != rank) {
    return Wrong(info.name(), Format("has %zu axes, not the %zu of ", rank, it->second.size()) +
                                  ShapeText(it->second));
  }
  bool guessed = false;
  std::int64_t elements = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const bool fixed = type.has_shape() &&
                       type.shape().dim(static_cast<int>(axis)).has_dim_value() &&
                       type.shape().dim(static_cast<int>(axis)).dim_value() > 0;
    std::int64_t extent =
        fixed ? type.shape().dim(static_cast<int>(axis)).dim_value() : Guess(axis, rank);
    if (axis == 0) extent = 1;
    if (it != given.end() && axis > 0) {
      if (fixed && it->second[axis] != extent) {
        return Wrong(info.name(),
                     Format("has %lld at axis %zu, not %lld", static_cast<long long>(extent), axis,
                            static_cast<long long>(it->second[axis])));
      }
      extent = it->second[axis];
    }
    guessed |= axis > 0 && !fixed && it == given.end();
    if (extent < 1 || elements > kMostElements / extent) {
      return Wrong(info.name(), "is too large for one task, or empty");
    }
    elements *= extent;
    input.shape.push_back(extent);
    input.open.push_back(axis > 0 && !fixed);
  }
  if (guessed) {
    notes.push_back("input \"" + info.name() + "\" leaves extents open; taken for " +
                    ShapeText(input.shape) + " (change it with --shape)");
  }
  return input;
}

std::uint16_t ToHalf(float value) {
  // Good for the small normal numbers that are drawn here.
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const auto exponent = static_cast<int>((bits >> 23) & 0xff) - 127 + 15;
  if (exponent <= 0) return 0;
  return static_cast<std::uint16_t>(((bits >> 16) & 0x8000) |
                                    (static_cast<std::uint32_t>(exponent) << 10) |
                                    ((bits >> 13) & 0x3ff));
}

template <typename T, typename Draw>
void Fill(MutableBuffer& buffer, std::int64_t count, const Draw& draw) {
  for (std::int64_t i = 0; i < count; ++i) {
    const T value = static_cast<T>(draw());
    std::memcpy(buffer.data() + static_cast<std::size_t>(i) * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

Result<std::vector<SampleInput>> SampleInputs(const onnx::GraphProto& graph,
                                              const InputShapes& given,
                                              std::vector<std::string>& notes) {
  std::set<std::string> weights;
  for (const auto& tensor : graph.initializer()) weights.insert(tensor.name());
  std::vector<SampleInput> inputs;
  std::vector<std::string> names;
  for (const auto& info : graph.input()) {
    if (weights.contains(info.name())) continue;
    OFFRAMP_ASSIGN_OR_RETURN(SampleInput input, OneInput(info, given, notes));
    names.push_back(input.name);
    inputs.push_back(std::move(input));
  }
  if (inputs.empty()) return InvalidArgumentError("the model has no inputs");
  for (const auto& [name, shape] : given) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return InvalidArgumentError("--shape " + name + ": there is no such input, expected one of " +
                                  Join(names));
    }
  }
  return inputs;
}

Tensor RandomTensor(const SampleInput& input, std::int64_t rows, std::int64_t integers,
                    Random& random) {
  Tensor tensor{.name = input.name, .datatype = input.datatype, .shape = input.shape};
  tensor.shape[0] = rows;
  const std::int64_t count = ElementCount(tensor.shape).value_or(0);
  MutableBuffer buffer(static_cast<std::size_t>(count * ElementBytes(input.datatype)));
  const bool mask = input.name.find("mask") != std::string::npos;
  const auto integer = [&] {
    return mask ? std::int64_t{1}
                : static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(integers)));
  };
  const auto real = [&] { return static_cast<float>(random.Uniform() * 2 - 1); };
  switch (input.datatype) {
    case DataType::kBool:
      Fill<std::uint8_t>(buffer, count, [&] { return mask || random.Chance(0.5) ? 1 : 0; });
      break;
    case DataType::kUint8:
    case DataType::kInt8:
      Fill<std::uint8_t>(buffer, count, [&] { return integer() % 128; });
      break;
    case DataType::kUint16:
    case DataType::kInt16:
      Fill<std::uint16_t>(buffer, count, integer);
      break;
    case DataType::kUint32:
    case DataType::kInt32:
      Fill<std::int32_t>(buffer, count, integer);
      break;
    case DataType::kUint64:
    case DataType::kInt64:
      Fill<std::int64_t>(buffer, count, integer);
      break;
    case DataType::kFp16:
      Fill<std::uint16_t>(buffer, count, [&] { return ToHalf(real()); });
      break;
    case DataType::kBf16:
      Fill<std::uint16_t>(buffer, count, [&] {
        const float value = real();
        std::uint32_t bits;
        std::memcpy(&bits, &value, sizeof(bits));
        return bits >> 16;
      });
      break;
    case DataType::kFp64:
      Fill<double>(buffer, count, real);
      break;
    case DataType::kFp32:
    case DataType::kBytes:  // never an input here
      Fill<float>(buffer, count, real);
      break;
  }
  tensor.data = std::move(buffer).Freeze();
  return tensor;
}

}  // namespace offramp
