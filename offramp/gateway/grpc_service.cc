#include "offramp/gateway/grpc_service.h"

#include <string>

#include "offramp/gateway/grpc_convert.h"
#include "offramp/gateway/grpc_stream.h"
#include "offramp/gateway/grpc_unary.h"
#include "offramp/gateway/oip_model.h"

namespace offramp {

namespace {

using Oip = inference::GRPCInferenceService::AsyncService;

Status LoadUnloadError() {
  return UnimplementedError(
      "models are loaded with the fleet: a gateway cannot load or unload them");
}

Status ServerLive(GrpcServer& server, const inference::ServerLiveRequest& /*request*/,
                  inference::ServerLiveResponse& response) {
  response.set_live(server.service().live());
  return OkStatus();
}

Status ServerReady(GrpcServer& server, const inference::ServerReadyRequest& /*request*/,
                   inference::ServerReadyResponse& response) {
  response.set_ready(server.service().ready());
  return OkStatus();
}

Status ModelReady(GrpcServer& server, const inference::ModelReadyRequest& request,
                  inference::ModelReadyResponse& response) {
  response.set_ready(server.service().ready());
  return CheckModel(server.service().model(), request.name(), request.version());
}

Status ServerMetadata(GrpcServer& /*server*/, const inference::ServerMetadataRequest& /*request*/,
                      inference::ServerMetadataResponse& response) {
  FillServerMetadata(response);
  return OkStatus();
}

Status ModelMetadata(GrpcServer& server, const inference::ModelMetadataRequest& request,
                     inference::ModelMetadataResponse& response) {
  FillModelMetadata(server.service().model(), response);
  return CheckModel(server.service().model(), request.name(), request.version());
}

Status ModelConfig(GrpcServer& server, const inference::ModelConfigRequest& request,
                   inference::ModelConfigResponse& response) {
  const InferenceService& service = server.service();
  FillModelConfig(service.model(), service.max_batch_size(), *response.mutable_config());
  return CheckModel(service.model(), request.name(), request.version());
}

Status ModelStatistics(GrpcServer& server, const inference::ModelStatisticsRequest& request,
                       inference::ModelStatisticsResponse& response) {
  const InferenceService& service = server.service();
  // No name means every model, and there is one.
  const std::string& name = request.name().empty() ? service.model().name : request.name();
  FillModelStatistics(service.model(), service.statistics(), *response.add_model_stats());
  return CheckModel(service.model(), name, request.version());
}

Status RepositoryIndex(GrpcServer& server, const inference::RepositoryIndexRequest& request,
                       inference::RepositoryIndexResponse& response) {
  const bool ready = server.service().ready();
  if (ready || !request.ready()) {
    auto* entry = response.add_models();
    entry->set_name(server.service().model().name);
    entry->set_version(std::string(kModelVersion));
    entry->set_state(ready ? "READY" : "UNAVAILABLE");
    if (!ready) entry->set_reason(std::string(kNotReadyReason));
  }
  return OkStatus();
}

Status RepositoryModelLoad(GrpcServer& /*server*/,
                           const inference::RepositoryModelLoadRequest& /*request*/,
                           inference::RepositoryModelLoadResponse& /*response*/) {
  return LoadUnloadError();
}

Status RepositoryModelUnload(GrpcServer& /*server*/,
                             const inference::RepositoryModelUnloadRequest& /*request*/,
                             inference::RepositoryModelUnloadResponse& /*response*/) {
  return LoadUnloadError();
}

}  // namespace

void ServeModelCalls(const std::shared_ptr<GrpcServer>& server) {
  Oip& oip = server->oip;
  ServeUnary(server, oip, &Oip::RequestServerLive, &ServerLive);
  ServeUnary(server, oip, &Oip::RequestServerReady, &ServerReady);
  ServeUnary(server, oip, &Oip::RequestModelReady, &ModelReady);
  ServeUnary(server, oip, &Oip::RequestServerMetadata, &ServerMetadata);
  ServeUnary(server, oip, &Oip::RequestModelMetadata, &ModelMetadata);
  ServeUnary(server, oip, &Oip::RequestModelConfig, &ModelConfig);
  ServeUnary(server, oip, &Oip::RequestModelStatistics, &ModelStatistics);
  ServeUnary(server, oip, &Oip::RequestRepositoryIndex, &RepositoryIndex);
  ServeUnary(server, oip, &Oip::RequestRepositoryModelLoad, &RepositoryModelLoad);
  ServeUnary(server, oip, &Oip::RequestRepositoryModelUnload, &RepositoryModelUnload);
}

void ServeInference(const std::shared_ptr<GrpcServer>& server) {
  ServeInfer(server);
  ServeInferStreams(server);
  ServeModelCalls(server);
}

}  // namespace offramp
