#include "offramp/engine/emulated_engine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/engine/stage_outputs.h"

namespace offramp {

namespace {

// Whole numbers up to here are exact in a float.
constexpr std::uint64_t kMaxCarriedRows = std::uint64_t{1} << 24;
// 1 - confidence never falls below it: logits stay finite.
constexpr double kLeastDoubt = 1e-9;
constexpr std::size_t kFloatBytes = sizeof(float);

// FNV-1a: any fixed hash that spreads will do, and every node must agree on it.
std::uint64_t Hash(std::span<const std::byte> bytes) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const std::byte byte : bytes) {
    hash = (hash ^ static_cast<std::uint64_t>(byte)) * 1099511628211ULL;
  }
  return hash ^ (hash >> 32);
}

class EmulatedEngine final : public Engine {
 public:
  EmulatedEngine(const Bundle& bundle, int stage)
      : stage_(stage),
        facts_(bundle.stage(stage)),
        last_(stage == bundle.stage_count()),
        classes_(static_cast<std::size_t>(bundle.outputs.back().shape[1])),
        profile_(bundle.profile),
        output_names_(StageOutputNames(bundle, stage, {})) {
    // Whole elements only, at least one each; the first tensor takes what does not divide.
    const std::size_t count = std::max<std::size_t>(facts_.sends.size(), 1);
    const std::size_t elements = static_cast<std::size_t>(facts_.output_bytes) / kFloatBytes;
    const std::size_t share = std::max<std::size_t>(elements / count, 1);
    row_elements_.assign(facts_.sends.size(), share);
    if (!row_elements_.empty() && elements > share * count) {
      row_elements_[0] += elements - share * count;
    }
  }

  const std::vector<std::string>& OutputNames() const override { return output_names_; }

  Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs) override {
    OFFRAMP_ASSIGN_OR_RETURN(const std::int64_t rows, CommonRows(inputs));
    const Tensor* source = FindTensor(inputs, facts_.receives[0]);
    if (source == nullptr) {
      return InvalidArgumentError("tensor \"" + facts_.receives[0] + "\" is missing");
    }
    const std::size_t row_bytes = source->data.size() / static_cast<std::size_t>(rows);
    if (row_bytes < kFloatBytes && stage_ > 1) {
      return InvalidArgumentError("tensor \"" + source->name + "\" carries no profile row");
    }
    std::vector<std::uint64_t> profile_rows;
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
      profile_rows.push_back(ProfileRow(source->data.bytes().subspan(r * row_bytes, row_bytes)));
    }
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < facts_.sends.size(); ++i) {
      outputs.push_back(Sent(facts_.sends[i], row_elements_[i], profile_rows));
    }
    if (output_names_.size() > outputs.size()) outputs.push_back(Logits(profile_rows));
    return outputs;
  }

 private:
  std::uint64_t ProfileRow(std::span<const std::byte> row) const {
    const std::uint64_t count = std::min<std::uint64_t>(
        profile_ == nullptr ? kMaxCarriedRows : profile_->rows(), kMaxCarriedRows);
    if (stage_ == 1) return Hash(row) % count;
    float carried = 0;
    std::memcpy(&carried, row.data(), kFloatBytes);
    const bool sound = carried >= 0 && carried < static_cast<float>(count);
    return sound ? static_cast<std::uint64_t>(carried) : Hash(row) % count;
  }

  static Tensor Sent(const std::string& name, std::size_t row_elements,
                     const std::vector<std::uint64_t>& profile_rows) {
    const std::size_t rows = profile_rows.size();
    MutableBuffer bytes(rows * row_elements * kFloatBytes);
    std::memset(bytes.data(), 0, bytes.size());
    for (std::size_t r = 0; r < rows; ++r) {
      const auto carried = static_cast<float>(profile_rows[r]);
      std::memcpy(bytes.data() + r * row_elements * kFloatBytes, &carried, kFloatBytes);
    }
    return {.name = name,
            .datatype = DataType::kFp32,
            .shape = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(row_elements)},
            .data = std::move(bytes).Freeze()};
  }

  Tensor Logits(const std::vector<std::uint64_t>& profile_rows) const {
    const std::size_t rows = profile_rows.size();
    MutableBuffer bytes(rows * classes_ * kFloatBytes);
    std::memset(bytes.data(), 0, bytes.size());
    for (std::size_t r = 0; r < rows; ++r) {
      const std::uint64_t row = profile_rows[r];
      const std::uint64_t answer = (row + (IsRight(row) ? 0 : 1)) % classes_;
      const float logit = TopLogit(ConfidenceOf(row));
      std::memcpy(bytes.data() + (r * classes_ + answer) * kFloatBytes, &logit, kFloatBytes);
    }
    return {.name = facts_.exit,
            .datatype = DataType::kFp32,
            .shape = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(classes_)},
            .data = std::move(bytes).Freeze()};
  }

  bool IsRight(std::uint64_t row) const {
    return profile_ == nullptr || profile_->correct(stage_)[row] > 0.5F;
  }

  // The last exit's confidence decides nothing and has no column.
  double ConfidenceOf(std::uint64_t row) const {
    if (last_ || profile_ == nullptr || !profile_->has_exit(stage_)) return 0.5;
    return profile_->confidence(stage_)[row];
  }

  // x with e^(x/T) / (e^(x/T) + K - 1) = confidence: the other K - 1 logits are 0. Nobody can be
  // less sure of the best class than 1 / K.
  float TopLogit(double confidence) const {
    const double others = static_cast<double>(classes_) - 1;
    if (others == 0) return 0;
    const double sure = std::clamp(confidence, 1 / static_cast<double>(classes_), 1 - kLeastDoubt);
    return static_cast<float>(facts_.temperature * std::log(sure * others / (1 - sure)));
  }

  const int stage_;
  const BundleStage facts_;
  const bool last_;
  const std::size_t classes_;
  const std::shared_ptr<const ExitProfile> profile_;
  const std::vector<std::string> output_names_;
  std::vector<std::size_t> row_elements_;  // of each sent tensor, one task
};

}  // namespace

Result<std::unique_ptr<Engine>> MakeEmulatedEngine(const Bundle& bundle, int stage) {
  const TensorSpec& answer = bundle.outputs.back();
  if (answer.datatype != DataType::kFp32 || answer.shape.size() != 2 || answer.shape[1] < 1) {
    return InvalidArgumentError("bundle \"" + bundle.name + "\": the answer \"" + answer.name +
                                "\" cannot be emulated, expected FP32 of shape [-1, classes]");
  }
  return std::unique_ptr<Engine>(std::make_unique<EmulatedEngine>(bundle, stage));
}

}  // namespace offramp
