#include "offramp/cli/load/model_query.h"

#include <chrono>

#include <grpcpp/grpcpp.h>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr char kExitStage[] = "exit_stage";
constexpr char kConfidence[] = "confidence";
constexpr char kLabel[] = "label";

void Prepare(grpc::ClientContext& context, double timeout_s) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(static_cast<std::int64_t>(timeout_s * 1e3)));
  context.set_wait_for_ready(true);
}

Status Unreachable(const std::string& target, const grpc::Status& status) {
  return UnavailableError(target + ": " + status.error_message());
}

Result<std::string> OnlyModel(inference::GRPCInferenceService::Stub& stub,
                              const std::string& target, double timeout_s) {
  grpc::ClientContext context;
  Prepare(context, timeout_s);
  inference::RepositoryIndexResponse index;
  const grpc::Status status = stub.RepositoryIndex(&context, {}, &index);
  if (!status.ok()) return Unreachable(target, status);
  if (index.models_size() != 1) {
    return InvalidArgumentError(Format("%s: serves %d models, expected --model to name one",
                                       target.c_str(), index.models_size()));
  }
  return index.models(0).name();
}

template <typename Tensors>
Result<std::vector<TensorSpec>> SpecsOf(const Tensors& tensors, const std::string& target) {
  std::vector<TensorSpec> specs;
  for (const auto& tensor : tensors) {
    const auto type = ParseDataType(tensor.datatype());
    if (!type) {
      return UnimplementedError(target + ": " + tensor.name() + ": unknown datatype " +
                                tensor.datatype());
    }
    specs.push_back({tensor.name(), *type, {tensor.shape().begin(), tensor.shape().end()}});
  }
  return specs;
}

}  // namespace

Result<ServedModel> QueryModel(inference::GRPCInferenceService::Stub& stub,
                               const std::string& target, const std::string& model,
                               double timeout_s) {
  ServedModel served;
  served.name = model;
  if (model.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(served.name, OnlyModel(stub, target, timeout_s));
  }
  grpc::ClientContext context;
  Prepare(context, timeout_s);
  inference::ModelMetadataRequest request;
  request.set_name(served.name);
  inference::ModelMetadataResponse metadata;
  const grpc::Status status = stub.ModelMetadata(&context, request, &metadata);
  if (!status.ok()) return Unreachable(target, status);
  OFFRAMP_ASSIGN_OR_RETURN(served.inputs, SpecsOf(metadata.inputs(), target));
  OFFRAMP_ASSIGN_OR_RETURN(const auto outputs, SpecsOf(metadata.outputs(), target));
  for (const TensorSpec& output : outputs) {
    if (output.name == kExitStage) {
      served.tells_exit_stage = true;
    } else if (output.name == kLabel && output.datatype == DataType::kBytes) {
      served.tells_label = true;
    } else if (output.name != kConfidence) {
      served.answer = output.name;
      served.answer_type = output.datatype;
    }
  }
  if (served.inputs.empty() || served.answer.empty()) {
    return UnavailableError(target + ": " + served.name + ": has no inputs or no outputs");
  }
  return served;
}

}  // namespace offramp
