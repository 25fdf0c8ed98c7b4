#include "offramp/partition/verify.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "offramp/base/text.h"
#include "offramp/engine/onnx_runner.h"
#include "offramp/partition/whole_model.h"

namespace offramp {

namespace {

using Named = std::map<std::string, Tensor>;

constexpr int kSamplesOfOne = 2;
constexpr std::int64_t kRows = 3;

double HalfToDouble(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const double fraction = (half & 0x3ff) / 1024.0;
  const double sign = (half & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0) return sign * std::ldexp(fraction, -14);
  if (exponent == 31) return fraction > 0 ? std::nan("") : sign * HUGE_VAL;
  return sign * std::ldexp(1 + fraction, exponent - 15);
}

template <typename T>
T At(const Tensor& tensor, std::size_t i) {
  T value;
  std::memcpy(&value, tensor.data.data() + i * sizeof(T), sizeof(T));
  return value;
}

double Number(const Tensor& tensor, std::size_t i) {
  switch (tensor.datatype) {
    case DataType::kFp32:
      return static_cast<double>(At<float>(tensor, i));
    case DataType::kFp64:
      return At<double>(tensor, i);
    case DataType::kFp16:
      return HalfToDouble(At<std::uint16_t>(tensor, i));
    case DataType::kBf16: {
      const std::uint32_t bits = static_cast<std::uint32_t>(At<std::uint16_t>(tensor, i)) << 16;
      float value;
      std::memcpy(&value, &bits, sizeof(value));
      return static_cast<double>(value);
    }
    case DataType::kInt64:
      return static_cast<double>(At<std::int64_t>(tensor, i));
    case DataType::kUint64:
      return static_cast<double>(At<std::uint64_t>(tensor, i));
    case DataType::kInt32:
      return At<std::int32_t>(tensor, i);
    case DataType::kUint32:
      return At<std::uint32_t>(tensor, i);
    case DataType::kInt16:
      return At<std::int16_t>(tensor, i);
    case DataType::kUint16:
      return At<std::uint16_t>(tensor, i);
    case DataType::kInt8:
      return At<std::int8_t>(tensor, i);
    case DataType::kUint8:
    case DataType::kBool:
    case DataType::kBytes:
      return At<std::uint8_t>(tensor, i);
  }
  return 0;
}

double Difference(double staged, double whole) {
  if (staged == whole || (std::isnan(staged) && std::isnan(whole))) return 0;
  const double difference = std::abs(staged - whole) / (1 + std::abs(whole));
  return std::isnan(difference) ? HUGE_VAL : difference;
}

Status Compare(const Tensor& staged, const Tensor& whole, Comparison& comparison) {
  if (staged.datatype != whole.datatype || staged.shape != whole.shape) {
    return InvalidArgumentError(
        "output \"" + whole.name + "\" is " + std::string(DataTypeName(staged.datatype)) + " " +
        ShapeText(staged.shape) + " by stages, and " + std::string(DataTypeName(whole.datatype)) +
        " " + ShapeText(whole.shape) + " by the whole model");
  }
  const auto count = static_cast<std::size_t>(ElementCount(whole.shape).value_or(0));
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = Difference(Number(staged, i), Number(whole, i));
    if (difference > comparison.max_difference) {
      comparison.max_difference = difference;
      comparison.worst_output = whole.name;
    }
  }
  return OkStatus();
}

// What the whole model says of one set of inputs.
struct Sample {
  Named tensors;  // inputs at first, then all that stages add
  std::vector<Tensor> answers;
};

class Comparer {
 public:
  Comparer(OnnxModel& model, const Probed& probed, const Bundle& bundle, std::uint64_t seed,
           const std::vector<std::vector<Tensor>>& examples)
      : model_(model), probed_(probed), bundle_(bundle), examples_(examples), random_(seed) {
    for (const auto& output : model.proto.graph().output()) outputs_.push_back(output.name());
  }

  Result<Comparison> Run() {
    OFFRAMP_RETURN_IF_ERROR(AskWhole());
    for (int stage = 1; stage <= bundle_.stage_count(); ++stage) {
      OFFRAMP_RETURN_IF_ERROR(RunStage(stage).At(bundle_.stage(stage).file));
    }
    Comparison comparison;
    for (const Sample& sample : samples_) {
      for (const Tensor& answer : sample.answers) {
        const auto it = sample.tensors.find(answer.name);
        if (it == sample.tensors.end()) {
          return InvalidArgumentError("no stage answers \"" + answer.name + "\"");
        }
        OFFRAMP_RETURN_IF_ERROR(Compare(it->second, answer, comparison));
      }
      ++comparison.samples;
    }
    comparison.examples = static_cast<int>(examples_.size());
    comparison.samples -= comparison.examples;
    return comparison;
  }

 private:
  Status Ask(WholeModel& whole, std::int64_t rows) {
    Status last = OkStatus();
    for (const std::int64_t integers : kIntegerRanges) {
      if (integers > probed_.integers) continue;
      std::vector<Tensor> inputs;
      for (const SampleInput& input : probed_.inputs) {
        inputs.push_back(RandomTensor(input, rows, integers, random_));
      }
      auto found = whole.Run(inputs, outputs_);
      if (found.ok()) return Keep(std::move(inputs), *std::move(found));
      last = found.status();
    }
    return last;
  }

  Status AskExamples(WholeModel& whole) {
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      auto found = whole.Run(examples_[i], outputs_);
      if (!found.ok()) {
        return InvalidArgumentError(Format("the model rejects row %zu of the data: ", i) +
                                    found.status().message());
      }
      OFFRAMP_RETURN_IF_ERROR(Keep(examples_[i], *std::move(found)));
    }
    return OkStatus();
  }

  Status Keep(std::vector<Tensor> inputs, std::vector<std::optional<Tensor>> found) {
    Sample sample;
    for (Tensor& input : inputs) sample.tensors[input.name] = std::move(input);
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (!found[i]) return InvalidArgumentError("output \"" + outputs_[i] + "\" is no tensor");
      sample.answers.push_back(*std::move(found[i]));
      sample.answers.back().name = outputs_[i];
    }
    samples_.push_back(std::move(sample));
    return OkStatus();
  }

  Status AskWhole() {
    Result<WholeModel> whole = WholeModel::Open(model_, {});
    OFFRAMP_RETURN_IF_ERROR(whole.status());
    for (int i = 0; i < kSamplesOfOne; ++i) OFFRAMP_RETURN_IF_ERROR(Ask(*whole, 1));
    if (probed_.any_batch) OFFRAMP_RETURN_IF_ERROR(Ask(*whole, kRows));
    return AskExamples(*whole);
  }

  Status RunStage(int number) {
    const BundleStage& stage = bundle_.stage(number);
    OFFRAMP_ASSIGN_OR_RETURN(
        const std::unique_ptr<OnnxRunner> runner,
        OnnxRunner::FromFile(bundle_.folder + "/" + stage.file, {.threads = 2}));
    std::vector<std::string> names;
    for (const OnnxPort& port : runner->interface().outputs) names.push_back(port.name);
    for (Sample& sample : samples_) {
      std::vector<Tensor> inputs;
      for (const std::string& name : stage.receives) {
        const auto it = sample.tensors.find(name);
        if (it == sample.tensors.end()) {
          return InvalidArgumentError("receives \"" + name + "\", which no stage sends");
        }
        inputs.push_back(it->second);
        inputs.back().name = name;
      }
      OFFRAMP_ASSIGN_OR_RETURN(auto found, runner->Run(inputs, names));
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (found[i]) sample.tensors[names[i]] = Detached(*std::move(found[i]));
      }
      Forget(sample, number);
    }
    return OkStatus();
  }

  // Only what is sent travels; answers are kept to compare.
  void Forget(Sample& sample, int number) const {
    const std::vector<std::string>& sends = bundle_.stage(number).sends;
    std::erase_if(sample.tensors, [&](const auto& entry) {
      return std::find(sends.begin(), sends.end(), entry.first) == sends.end() &&
             std::find(outputs_.begin(), outputs_.end(), entry.first) == outputs_.end();
    });
  }

  OnnxModel& model_;
  const Probed& probed_;
  const Bundle& bundle_;
  const std::vector<std::vector<Tensor>>& examples_;
  Random random_;
  std::vector<std::string> outputs_;
  std::vector<Sample> samples_;
};

}  // namespace

Result<Comparison> CompareWithWhole(OnnxModel& model, const Probed& probed, const Bundle& bundle,
                                    std::uint64_t seed,
                                    const std::vector<std::vector<Tensor>>& examples) {
  return Comparer(model, probed, bundle, seed, examples).Run();
}

}  // namespace offramp
