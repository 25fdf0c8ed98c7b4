// ModelInfer: the call that every request makes.
#include <algorithm>
#include <cmath>
#include <string>

#include "offramp/gateway/grpc_call.h"
#include "offramp/gateway/grpc_convert.h"
#include "offramp/gateway/grpc_service.h"
#include "offramp/gateway/pending_inference.h"

namespace offramp {

namespace {

class InferCall final : public GrpcCall {
 public:
  explicit InferCall(std::shared_ptr<GrpcServer> shared)
      : GrpcCall(std::move(shared)),
        pending_(std::make_shared<PendingInference>(server().service())),
        writer_(&context()),
        finish_op_(this, [](bool) {}) {}

 protected:
  void Request(void* tag) override {
    server().oip.RequestModelInfer(&context(), &message_, &writer_, server().queue(),
                                   server().queue(), tag);
  }

  std::shared_ptr<GrpcCall> Another() const override {
    return std::make_shared<InferCall>(shared_server());
  }

  void Begin() override {
    auto infer = FromGrpc(server().service().model(), message_);
    Status status = infer.status();
    if (infer.ok()) status = ApplyCallContext(context(), infer->request);
    if (!status.ok()) {
      writer_.FinishWithError(ToGrpcStatus(status), finish_op_.Start());
      return;
    }
    const auto self = std::static_pointer_cast<InferCall>(shared_from_this());
    pending_->Start(std::move(infer->request),
                    [self, plan = std::move(infer->plan)](const InferenceReply& reply) {
                      self->Answer(plan, reply);
                    });
  }

  void OnOver() override { pending_->Cancel(); }

 private:
  // By the service, on whatever thread.
  void Answer(const GrpcReplyPlan& plan, const InferenceReply& reply) {
    Status status = reply.status;
    if (status.ok()) status = ToGrpc(plan, server().service().model(), reply, response_);
    OnLoop([self = std::static_pointer_cast<InferCall>(shared_from_this()),
            status = std::move(status),
            retry_after_s = reply.retry_after_s] { self->Send(status, retry_after_s); });
  }

  void Send(const Status& status, double retry_after_s) {
    if (!status.ok() && retry_after_s > 0) {
      const double pushback_ms = std::ceil(std::min(retry_after_s, 3600.0) * 1e3);
      context().AddTrailingMetadata("grpc-retry-pushback-ms",
                                    std::to_string(static_cast<long long>(pushback_ms)));
    }
    writer_.Finish(response_, ToGrpcStatus(status), finish_op_.Start());
  }

  const std::shared_ptr<PendingInference> pending_;
  inference::ModelInferRequest message_;
  inference::ModelInferResponse response_;
  grpc::ServerAsyncResponseWriter<inference::ModelInferResponse> writer_;
  Op finish_op_;
};

}  // namespace

void ServeInfer(const std::shared_ptr<GrpcServer>& server) {
  std::make_shared<InferCall>(server)->Ask();
}

}  // namespace offramp
