#include "offramp/gateway/oip_outputs.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/gateway/oip_model.h"
#include "offramp/model/confidence.h"

namespace offramp {

namespace {

template <typename Value, typename Get>
Tensor RowTensor(std::string_view name, DataType type, const std::vector<RowAnswer>& rows,
                 Get get) {
  MutableBuffer bytes(rows.size() * sizeof(Value));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Value value = get(rows[i]);
    std::memcpy(bytes.data() + i * sizeof(Value), &value, sizeof(Value));
  }
  Tensor tensor;
  tensor.name = name;
  tensor.datatype = type;
  tensor.shape = {static_cast<std::int64_t>(rows.size())};
  tensor.data = std::move(bytes).Freeze();
  return tensor;
}

Tensor ExitStageTensor(const InferenceReply& reply) {
  return RowTensor<std::int32_t>(kExitStageOutput, DataType::kInt32, reply.rows,
                                 [](const RowAnswer& row) { return row.exit_stage; });
}

Tensor ConfidenceTensor(const InferenceReply& reply) {
  return RowTensor<float>(kConfidenceOutput, DataType::kFp32, reply.rows,
                          [](const RowAnswer& row) { return row.confidence; });
}

Result<Tensor> LabelTensor(const Bundle& model, const InferenceReply& reply) {
  const auto answer =
      std::find_if(reply.outputs.begin(), reply.outputs.end(),
                   [&](const Tensor& tensor) { return tensor.name == model.outputs.back().name; });
  if (answer == reply.outputs.end()) return InternalError("the fleet's answer has no logits");
  // Of no temperature is another class the largest.
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<Confidence> rows, RowConfidences(*answer, 1));
  std::string bytes;
  for (const Confidence& row : rows) {
    const auto index = static_cast<std::size_t>(row.argmax);
    const std::string label = index < model.labels.size() ? model.labels[index] : "";
    const auto length = static_cast<std::uint32_t>(label.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof(length));
    bytes += label;
  }
  return Tensor{.name = std::string(kLabelOutput),
                .datatype = DataType::kBytes,
                .shape = {static_cast<std::int64_t>(rows.size())},
                .data = Buffer::CopyOf(bytes)};
}

}  // namespace

Status CheckOutputNames(const Bundle& model, const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    const bool known = name == kExitStageOutput || name == kConfidenceOutput ||
                       (name == kLabelOutput && !model.labels.empty()) ||
                       std::any_of(model.outputs.begin(), model.outputs.end(),
                                   [&](const TensorSpec& spec) { return spec.name == name; });
    if (!known) {
      std::vector<std::string> known_names;
      for (const TensorSpec& spec : DescribedOutputs(model)) known_names.push_back(spec.name);
      return InvalidArgumentError("unknown output '" + name + "': model '" + model.name + "' has " +
                                  Join(known_names));
    }
    if (!seen.insert(name).second) {
      return InvalidArgumentError("output '" + name + "' is requested twice");
    }
  }
  return OkStatus();
}

Result<std::vector<Tensor>> SelectOutputs(const Bundle& model, const InferenceReply& reply,
                                          const std::vector<std::string>& names) {
  std::vector<Tensor> selected;
  if (names.empty()) {
    selected = reply.outputs;
    selected.push_back(ExitStageTensor(reply));
    selected.push_back(ConfidenceTensor(reply));
    if (GivesLabels(model)) {
      OFFRAMP_ASSIGN_OR_RETURN(Tensor label, LabelTensor(model, reply));
      selected.push_back(std::move(label));
    }
    return selected;
  }
  for (const std::string& name : names) {
    const auto found = std::find_if(reply.outputs.begin(), reply.outputs.end(),
                                    [&](const Tensor& tensor) { return tensor.name == name; });
    if (found != reply.outputs.end()) {
      selected.push_back(*found);
    } else if (name == kExitStageOutput) {
      selected.push_back(ExitStageTensor(reply));
    } else if (name == kConfidenceOutput) {
      selected.push_back(ConfidenceTensor(reply));
    } else if (name == kLabelOutput && !model.labels.empty()) {
      OFFRAMP_ASSIGN_OR_RETURN(Tensor label, LabelTensor(model, reply));
      selected.push_back(std::move(label));
    } else {
      return InternalError("the fleet's answer lacks output '" + name + "'");
    }
  }
  return selected;
}

}  // namespace offramp
