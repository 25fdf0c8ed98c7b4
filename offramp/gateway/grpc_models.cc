// The protobuf documents about server and model: the second half of grpc_convert.h.
#include "offramp/gateway/grpc_convert.h"
#include "offramp/gateway/oip_model.h"

#include "offramp_version.h"

namespace offramp {

namespace {

template <typename Field>
void FillTensorMetadata(const std::vector<TensorSpec>& specs, Field* field) {
  for (const TensorSpec& spec : specs) {
    auto* tensor = field->Add();
    tensor->set_name(spec.name);
    tensor->set_datatype(std::string(DataTypeName(spec.datatype)));
    tensor->mutable_shape()->Add(spec.shape.begin(), spec.shape.end());
  }
}

inference::DataType ConfigDataType(DataType type) {
  inference::DataType value = inference::TYPE_INVALID;
  (void)inference::DataType_Parse(ConfigDataTypeName(type), &value);
  return value;
}

template <typename Message>
void FillConfigTensor(const TensorSpec& spec, Message* message) {
  message->set_name(spec.name);
  message->set_data_type(ConfigDataType(spec.datatype));
  const std::vector<std::int64_t> dims = DimsWithoutBatch(spec);
  message->mutable_dims()->Add(dims.begin(), dims.end());
}

}  // namespace

void FillServerMetadata(inference::ServerMetadataResponse& message) {
  message.set_name(std::string(kServerName));
  message.set_version(kVersion);
  for (const std::string& extension : OipExtensions()) message.add_extensions(extension);
}

void FillModelMetadata(const Bundle& model, inference::ModelMetadataResponse& message) {
  message.set_name(model.name);
  message.add_versions(std::string(kModelVersion));
  message.set_platform(std::string(kModelPlatform));
  FillTensorMetadata(model.inputs, message.mutable_inputs());
  FillTensorMetadata(DescribedOutputs(model), message.mutable_outputs());
}

void FillModelConfig(const Bundle& model, int max_batch_size, inference::ModelConfig& message) {
  message.set_name(model.name);
  message.set_platform(std::string(kModelPlatform));
  message.set_backend(std::string(kModelBackend));
  message.set_max_batch_size(max_batch_size);
  for (const TensorSpec& spec : model.inputs) FillConfigTensor(spec, message.add_input());
  for (const TensorSpec& spec : DescribedOutputs(model)) {
    FillConfigTensor(spec, message.add_output());
  }
}

void FillModelStatistics(const Bundle& model, const InferenceStatistics& statistics,
                         inference::ModelStatistics& message) {
  message.set_name(model.name);
  message.set_version(std::string(kModelVersion));
  message.set_last_inference(statistics.last_inference_ms);
  message.set_inference_count(statistics.inference_count);
  message.set_execution_count(statistics.execution_count);
  auto& durations = *message.mutable_inference_stats();
  inference::StatisticDuration* const fields[] = {
      durations.mutable_success(),       durations.mutable_fail(),
      durations.mutable_queue(),         durations.mutable_compute_input(),
      durations.mutable_compute_infer(), durations.mutable_compute_output(),
      durations.mutable_cache_hit(),     durations.mutable_cache_miss()};
  const std::vector<StatisticDurationValue> values = StatisticDurations(statistics);
  for (std::size_t i = 0; i < std::size(fields) && i < values.size(); ++i) {
    fields[i]->set_count(values[i].count);
    fields[i]->set_ns(values[i].ns);
  }
}

}  // namespace offramp
