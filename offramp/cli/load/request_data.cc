#include "offramp/cli/load/request_data.h"

#include <cstring>
#include <utility>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr std::int64_t kMaxDataBytes = std::int64_t{1} << 30;

// Shape of one row: axis 0 is the batch, other variable extents become 1.
std::vector<std::int64_t> RowShape(const TensorSpec& spec) {
  std::vector<std::int64_t> shape;
  for (std::size_t axis = 1; axis < spec.shape.size(); ++axis) {
    shape.push_back(spec.shape[axis] < 0 ? 1 : spec.shape[axis]);
  }
  return shape;
}

// An element that every model takes: in [0, 1) for reals, 0 or 1 for the rest.
void AppendElement(DataType type, Random& random, std::string& bytes) {
  if (type == DataType::kFp32) {
    const auto value = static_cast<float>(random.Uniform());
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  } else if (type == DataType::kFp64) {
    const double value = random.Uniform();
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  } else if (type == DataType::kFp16 || type == DataType::kBf16) {
    bytes.append(2, '\0');
  } else {
    bytes.push_back(static_cast<char>(random.Below(2)));
    bytes.append(static_cast<std::size_t>(ElementBytes(type) - 1), '\0');
  }
}

}  // namespace

Result<RequestData> RequestData::Images(const ServedModel& model, const std::string& folder) {
  OFFRAMP_ASSIGN_OR_RETURN(LabelledImages set, ReadTestSet(folder));
  const std::int64_t pixels = set.images.sample_bytes();
  const bool one_input = model.inputs.size() == 1;
  const DataType type = one_input ? model.inputs[0].datatype : DataType::kBytes;
  const auto elements =
      one_input ? ElementCount(RowShape(model.inputs[0])) : std::optional<std::int64_t>();
  if (elements != pixels || (type != DataType::kFp32 && type != DataType::kUint8)) {
    return InvalidArgumentError(
        Format("%s: does not take one image of %lld pixels as FP32 or UINT8; --data random sends "
               "random values",
               model.name.c_str(), static_cast<long long>(pixels)));
  }
  RequestData data;
  data.samples_ = set.images.samples();
  Input& input = data.inputs_.emplace_back();
  input.shape = RowShape(model.inputs[0]);
  input.row_bytes = static_cast<std::size_t>(pixels * ElementBytes(type));
  if (type == DataType::kUint8) {
    input.bytes.assign(set.images.data.begin(), set.images.data.end());
  } else {
    input.bytes.resize(set.images.data.size() * sizeof(float));
    char* to = input.bytes.data();
    for (const std::uint8_t pixel : set.images.data) {
      const float value = static_cast<float>(pixel) / 255.0F;
      std::memcpy(to, &value, sizeof value);
      to += sizeof value;
    }
  }
  data.labels_ = std::move(set.labels.data);
  return data;
}

Result<RequestData> RequestData::Random(const ServedModel& model, std::int64_t samples,
                                        offramp::Random& random) {
  RequestData data;
  data.samples_ = samples;
  for (const TensorSpec& spec : model.inputs) {
    Input& input = data.inputs_.emplace_back();
    input.shape = RowShape(spec);
    const auto elements = ElementCount(input.shape);
    if (spec.datatype == DataType::kBytes || !elements ||
        *elements * ElementBytes(spec.datatype) * samples > kMaxDataBytes) {
      return UnimplementedError(model.name + ": input " + spec.name +
                                " cannot be filled with random values");
    }
    input.row_bytes = static_cast<std::size_t>(*elements * ElementBytes(spec.datatype));
    input.bytes.reserve(input.row_bytes * static_cast<std::size_t>(samples));
    for (std::int64_t i = 0; i < *elements * samples; ++i) {
      AppendElement(spec.datatype, random, input.bytes);
    }
  }
  return data;
}

std::string RequestData::Raw(std::size_t input, std::int64_t first, int rows) const {
  const Input& from = inputs_[input];
  std::string raw;
  raw.reserve(from.row_bytes * static_cast<std::size_t>(rows));
  for (int row = 0; row < rows; ++row) {
    const auto sample = static_cast<std::size_t>((first + row) % samples_);
    raw.append(from.bytes, sample * from.row_bytes, from.row_bytes);
  }
  return raw;
}

std::vector<std::int64_t> RequestData::Shape(std::size_t input, int rows) const {
  std::vector<std::int64_t> shape = {rows};
  shape.insert(shape.end(), inputs_[input].shape.begin(), inputs_[input].shape.end());
  return shape;
}

std::optional<int> RequestData::CountCorrect(std::string_view answer, std::int64_t first,
                                             int rows) const {
  const auto row_count = static_cast<std::size_t>(rows);
  if (answer.empty() || answer.size() % (row_count * sizeof(float)) != 0) return std::nullopt;
  if (labels_.empty()) return -1;
  const std::size_t classes = answer.size() / (row_count * sizeof(float));
  int correct = 0;
  for (std::size_t row = 0; row < row_count; ++row) {
    std::size_t best = 0;
    float best_value = 0;
    for (std::size_t i = 0; i < classes; ++i) {
      float value = 0;
      std::memcpy(&value, answer.data() + (row * classes + i) * sizeof value, sizeof value);
      if (i == 0 || value > best_value) {
        best = i;
        best_value = value;
      }
    }
    const auto sample =
        static_cast<std::size_t>((first + static_cast<std::int64_t>(row)) % samples_);
    correct += best == labels_[sample] ? 1 : 0;
  }
  return correct;
}

}  // namespace offramp
