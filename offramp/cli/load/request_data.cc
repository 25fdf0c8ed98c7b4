#include "offramp/cli/load/request_data.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
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

Result<RequestData> RequestData::Lines(const ServedModel& model, const std::string& path) {
  if (model.inputs.size() != 1 || model.inputs[0].datatype != DataType::kBytes) {
    return InvalidArgumentError(model.name + ": takes no text, so the lines of " + path +
                                " cannot be sent");
  }
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return NotFoundError(path + ": is no file, expected one with a text a line (--data FILE)");
  }
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error || bytes > static_cast<std::uintmax_t>(kMaxDataBytes)) {
    return InvalidArgumentError(path + ": is too large");
  }
  RequestData data;
  Input& input = data.inputs_.emplace_back();
  input.shape = RowShape(model.inputs[0]);
  std::ifstream file(path, std::ios::binary);
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const std::size_t tab = line.rfind('\t');
    const bool labelled = tab != std::string::npos;
    if (!input.texts.empty() && labelled != data.named_labels()) {
      return InvalidArgumentError(path + Format(":%zu: ", number) +
                                  (labelled ? "has a label, unlike the lines before"
                                            : "has no label, expected text<TAB>label"));
    }
    if (labelled) data.label_names_.push_back(line.substr(tab + 1));
    line.resize(std::min(tab, line.size()));
    const auto length = static_cast<std::uint32_t>(line.size());
    input.texts.push_back(std::string(reinterpret_cast<const char*>(&length), sizeof length) +
                          line);
  }
  if (input.texts.empty()) return InvalidArgumentError(path + ": holds no text");
  data.samples_ = static_cast<std::int64_t>(input.texts.size());
  if (!model.tells_label) data.label_names_.clear();
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
    if (!from.texts.empty()) {
      raw += from.texts[sample];
      continue;
    }
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

std::optional<int> RequestData::CountNamed(std::string_view labels, std::int64_t first,
                                           int rows) const {
  int correct = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::uint32_t length = 0;
    if (labels.size() < sizeof length) return std::nullopt;
    std::memcpy(&length, labels.data(), sizeof length);
    labels.remove_prefix(sizeof length);
    if (labels.size() < length) return std::nullopt;
    const auto sample = static_cast<std::size_t>((first + row) % samples_);
    correct += labels.substr(0, length) == label_names_[sample] ? 1 : 0;
    labels.remove_prefix(length);
  }
  return labels.empty() ? std::optional<int>(correct) : std::nullopt;
}

}  // namespace offramp
