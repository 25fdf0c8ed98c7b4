#include "offramp/gateway/grpc_service.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "offramp/gateway/grpc_call.h"
#include "offramp/gateway/grpc_convert.h"
#include "offramp/gateway/oip_model.h"
#include "offramp/gateway/pending_inference.h"

namespace offramp {

namespace {

grpc::ServerUnaryReactor* Finished(grpc::CallbackServerContext* context, const Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

Status LoadUnloadError() {
  return UnimplementedError(
      "models are loaded with the fleet: a gateway cannot load or unload them");
}

// One ModelInfer call. Lives until gRPC is done with it; the service answers before that.
class InferReactor final : public grpc::ServerUnaryReactor {
 public:
  InferReactor(grpc::CallbackServerContext* context, InferenceService& service,
               inference::ModelInferResponse* response)
      : context_(context),
        service_(service),
        response_(response),
        pending_(std::make_shared<PendingInference>(service)) {}

  void Start(inference::ModelInferRequest& message) {
    auto infer = FromGrpc(service_.model(), message);
    Status status = infer.status();
    if (infer.ok()) status = ApplyCallContext(*context_, infer->request);
    if (!status.ok()) {
      Finish(ToGrpcStatus(status));
      return;
    }
    // `this` is alive in the answer: gRPC calls OnDone only after Finish.
    pending_->Start(std::move(infer->request),
                    [this, plan = std::move(infer->plan)](const InferenceReply& reply) {
                      Answer(plan, reply);
                    });
  }

  void OnCancel() override { pending_->Cancel(); }
  void OnDone() override { delete this; }

 private:
  void Answer(const GrpcReplyPlan& plan, const InferenceReply& reply) {
    Status status = reply.status;
    if (status.ok()) status = ToGrpc(plan, service_.model().name, reply, *response_);
    if (!status.ok() && reply.retry_after_s > 0) {
      const double pushback_ms = std::ceil(std::min(reply.retry_after_s, 3600.0) * 1e3);
      context_->AddTrailingMetadata("grpc-retry-pushback-ms",
                                    std::to_string(static_cast<long long>(pushback_ms)));
    }
    Finish(ToGrpcStatus(status));
  }

  grpc::CallbackServerContext* const context_;
  InferenceService& service_;
  inference::ModelInferResponse* const response_;
  const std::shared_ptr<PendingInference> pending_;
};

}  // namespace

using Reactor = grpc::ServerUnaryReactor;

Reactor* GrpcInferenceService::ServerLive(Context* context,
                                          const inference::ServerLiveRequest* /*request*/,
                                          inference::ServerLiveResponse* response) {
  response->set_live(service_.live());
  return Finished(context, OkStatus());
}

Reactor* GrpcInferenceService::ServerReady(Context* context,
                                           const inference::ServerReadyRequest* /*request*/,
                                           inference::ServerReadyResponse* response) {
  response->set_ready(service_.ready());
  return Finished(context, OkStatus());
}

Reactor* GrpcInferenceService::ModelReady(Context* context,
                                          const inference::ModelReadyRequest* request,
                                          inference::ModelReadyResponse* response) {
  response->set_ready(service_.ready());
  return Finished(context, CheckModel(service_.model(), request->name(), request->version()));
}

Reactor* GrpcInferenceService::ServerMetadata(Context* context,
                                              const inference::ServerMetadataRequest* /*request*/,
                                              inference::ServerMetadataResponse* response) {
  FillServerMetadata(*response);
  return Finished(context, OkStatus());
}

Reactor* GrpcInferenceService::ModelMetadata(Context* context,
                                             const inference::ModelMetadataRequest* request,
                                             inference::ModelMetadataResponse* response) {
  FillModelMetadata(service_.model(), *response);
  return Finished(context, CheckModel(service_.model(), request->name(), request->version()));
}

Reactor* GrpcInferenceService::ModelConfig(Context* context,
                                           const inference::ModelConfigRequest* request,
                                           inference::ModelConfigResponse* response) {
  FillModelConfig(service_.model(), service_.max_batch_size(), *response->mutable_config());
  return Finished(context, CheckModel(service_.model(), request->name(), request->version()));
}

Reactor* GrpcInferenceService::ModelStatistics(Context* context,
                                               const inference::ModelStatisticsRequest* request,
                                               inference::ModelStatisticsResponse* response) {
  // No name means every model, and there is one.
  const std::string& name = request->name().empty() ? service_.model().name : request->name();
  FillModelStatistics(service_.model(), service_.statistics(), *response->add_model_stats());
  return Finished(context, CheckModel(service_.model(), name, request->version()));
}

Reactor* GrpcInferenceService::RepositoryIndex(Context* context,
                                               const inference::RepositoryIndexRequest* request,
                                               inference::RepositoryIndexResponse* response) {
  const bool ready = service_.ready();
  if (ready || !request->ready()) {
    auto* entry = response->add_models();
    entry->set_name(service_.model().name);
    entry->set_version(std::string(kModelVersion));
    entry->set_state(ready ? "READY" : "UNAVAILABLE");
    if (!ready) entry->set_reason(std::string(kNotReadyReason));
  }
  return Finished(context, OkStatus());
}

Reactor* GrpcInferenceService::RepositoryModelLoad(
    Context* context, const inference::RepositoryModelLoadRequest* /*request*/,
    inference::RepositoryModelLoadResponse* /*response*/) {
  return Finished(context, LoadUnloadError());
}

Reactor* GrpcInferenceService::RepositoryModelUnload(
    Context* context, const inference::RepositoryModelUnloadRequest* /*request*/,
    inference::RepositoryModelUnloadResponse* /*response*/) {
  return Finished(context, LoadUnloadError());
}

Reactor* GrpcInferenceService::ModelInfer(Context* context,
                                          const inference::ModelInferRequest* request,
                                          inference::ModelInferResponse* response) {
  auto* reactor = new InferReactor(context, service_, response);
  // gRPC keeps the message for this call alone and never looks at it again, so its bytes may move.
  reactor->Start(const_cast<inference::ModelInferRequest&>(*request));
  return reactor;
}

grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
GrpcInferenceService::ModelStreamInfer(Context* context) {
  return streams_.Open(context, service_);
}

}  // namespace offramp
