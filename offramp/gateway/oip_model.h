// What the Open Inference Protocol tells clients about the model and the server, as values that the
// REST and gRPC files turn into their own form. A gateway serves one model in one version, "1".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/status.h"
#include "offramp/gateway/inference.h"
#include "offramp/model/bundle.h"

namespace offramp {

inline constexpr std::string_view kServerName = "offramp";
inline constexpr std::string_view kModelVersion = "1";
inline constexpr std::string_view kModelPlatform = "offramp_onnx";
inline constexpr std::string_view kModelBackend = "offramp";

// Outputs that every model has beside its own (formats.md): the exit that answered each row (INT32,
// [n], 1-based) and its confidence (FP32, [n]).
inline constexpr std::string_view kExitStageOutput = "exit_stage";
inline constexpr std::string_view kConfidenceOutput = "confidence";
// The label of the class that was answered (BYTES, [n]): by name from every model with labels, and
// always from one with a tokenizer, whose clients speak in words. Named like an output of the
// model's own, that one is meant.
inline constexpr std::string_view kLabelOutput = "label";

// Why a model is not ready, in the words that clients see.
inline constexpr std::string_view kNotReadyReason = "a stage has no live replica within reach";

// Names of the protocol extensions that the server metadata advertises.
const std::vector<std::string>& OipExtensions();

// kNotFound unless `name` is the model's and `version` is empty or "1".
Status CheckModel(const Bundle& model, std::string_view name, std::string_view version);

// Whether clients who name no outputs are given labels.
bool GivesLabels(const Bundle& model);

// What clients are given who name no outputs: the model's outputs, exit_stage, confidence, perhaps
// label; axis 0 is the batch, -1.
std::vector<TensorSpec> DescribedOutputs(const Bundle& model);

// Extents without the batch axis, as the model configuration writes them.
std::vector<std::int64_t> DimsWithoutBatch(const TensorSpec& spec);

// "TYPE_FP32" and so on, as the model configuration writes datatypes; BYTES is "TYPE_STRING".
std::string ConfigDataTypeName(DataType type);

// One figure of the statistics extension: how often, and how long in total.
struct StatisticDurationValue {
  std::string_view name;
  std::uint64_t count;
  std::uint64_t ns;
};

// The eight figures in the protocol's order: success, fail, queue, compute_input, compute_infer,
// compute_output, cache_hit, cache_miss. What we do not measure apart is zero.
std::vector<StatisticDurationValue> StatisticDurations(const InferenceStatistics& statistics);

}  // namespace offramp
