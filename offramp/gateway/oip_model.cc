#include "offramp/gateway/oip_model.h"

#include <algorithm>

namespace offramp {

const std::vector<std::string>& OipExtensions() {
  static const auto* const extensions =
      new std::vector<std::string>{"binary_tensor_data", "model_configuration", "statistics"};
  return *extensions;
}

Status CheckModel(const Bundle& model, std::string_view name, std::string_view version) {
  if (name != model.name) {
    return NotFoundError("unknown model '" + std::string(name) + "': this fleet serves '" +
                         model.name + "'");
  }
  if (!version.empty() && version != kModelVersion) {
    return NotFoundError("unknown version '" + std::string(version) + "' of model '" + model.name +
                         "': only version 1 is served");
  }
  return OkStatus();
}

bool GivesLabels(const Bundle& model) {
  return model.tokenizer.has_value() && !model.labels.empty() &&
         std::none_of(model.outputs.begin(), model.outputs.end(),
                      [](const TensorSpec& spec) { return spec.name == kLabelOutput; });
}

std::vector<TensorSpec> DescribedOutputs(const Bundle& model) {
  std::vector<TensorSpec> outputs = model.outputs;
  outputs.push_back({std::string(kExitStageOutput), DataType::kInt32, {-1}});
  outputs.push_back({std::string(kConfidenceOutput), DataType::kFp32, {-1}});
  if (GivesLabels(model)) outputs.push_back({std::string(kLabelOutput), DataType::kBytes, {-1}});
  return outputs;
}

std::vector<std::int64_t> DimsWithoutBatch(const TensorSpec& spec) {
  if (spec.shape.empty()) return {};
  return {spec.shape.begin() + 1, spec.shape.end()};
}

std::string ConfigDataTypeName(DataType type) {
  if (type == DataType::kBytes) return "TYPE_STRING";
  return "TYPE_" + std::string(DataTypeName(type));
}

std::vector<StatisticDurationValue> StatisticDurations(const InferenceStatistics& statistics) {
  const std::uint64_t answered = statistics.success_count;
  return {{"success", answered, statistics.success_ns},
          {"fail", statistics.fail_count, statistics.fail_ns},
          {"queue", answered, statistics.queue_ns},
          {"compute_input", 0, 0},
          {"compute_infer", answered, statistics.compute_infer_ns},
          {"compute_output", 0, 0},
          {"cache_hit", 0, 0},
          {"cache_miss", 0, 0}};
}

}  // namespace offramp
