#include "offramp/gateway/rest_models.h"

#include <nlohmann/json.hpp>

#include "offramp/gateway/oip_model.h"

#include "offramp_version.h"

namespace offramp {

namespace {

using Json = nlohmann::ordered_json;

// Names come from the operator's files; bytes that are no UTF-8 must not throw in the middle of a
// request.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json TensorMetadata(const std::vector<TensorSpec>& specs) {
  Json tensors = Json::array();
  for (const TensorSpec& spec : specs) {
    tensors.push_back({{"name", spec.name},
                       {"datatype", std::string(DataTypeName(spec.datatype))},
                       {"shape", spec.shape}});
  }
  return tensors;
}

}  // namespace

std::string ServerMetadataJson() {
  return Dump(
      {{"name", std::string(kServerName)}, {"version", kVersion}, {"extensions", OipExtensions()}});
}

std::string ModelMetadataJson(const Bundle& model) {
  return Dump({{"name", model.name},
               {"versions", {std::string(kModelVersion)}},
               {"platform", std::string(kModelPlatform)},
               {"inputs", TensorMetadata(model.inputs)},
               {"outputs", TensorMetadata(DescribedOutputs(model))}});
}

std::string ModelConfigJson(const Bundle& model, int max_batch_size) {
  Json inputs = Json::array();
  for (const TensorSpec& spec : model.inputs) {
    inputs.push_back({{"name", spec.name},
                      {"data_type", ConfigDataTypeName(spec.datatype)},
                      {"format", "FORMAT_NONE"},
                      {"dims", DimsWithoutBatch(spec)},
                      {"optional", false}});
  }
  Json outputs = Json::array();
  for (const TensorSpec& spec : DescribedOutputs(model)) {
    outputs.push_back({{"name", spec.name},
                       {"data_type", ConfigDataTypeName(spec.datatype)},
                       {"dims", DimsWithoutBatch(spec)}});
  }
  return Dump({{"name", model.name},
               {"platform", std::string(kModelPlatform)},
               {"backend", std::string(kModelBackend)},
               {"max_batch_size", max_batch_size},
               {"input", inputs},
               {"output", outputs}});
}

std::string ModelStatisticsJson(const Bundle& model, const InferenceStatistics& statistics) {
  Json durations = Json::object();
  for (const StatisticDurationValue& value : StatisticDurations(statistics)) {
    durations[std::string(value.name)] = {{"count", value.count}, {"ns", value.ns}};
  }
  const Json entry = {{"name", model.name},
                      {"version", std::string(kModelVersion)},
                      {"last_inference", statistics.last_inference_ms},
                      {"inference_count", statistics.inference_count},
                      {"execution_count", statistics.execution_count},
                      {"inference_stats", durations},
                      {"batch_stats", Json::array()},
                      {"memory_usage", Json::array()}};
  return Dump({{"model_stats", Json::array({entry})}});
}

std::string RepositoryIndexJson(const Bundle& model, bool ready, bool only_ready) {
  Json models = Json::array();
  if (ready || !only_ready) {
    models.push_back({{"name", model.name},
                      {"version", std::string(kModelVersion)},
                      {"state", ready ? "READY" : "UNAVAILABLE"},
                      {"reason", std::string(ready ? "" : kNotReadyReason)}});
  }
  return Dump(models);
}

}  // namespace offramp
