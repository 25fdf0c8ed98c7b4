#include "offramp/gateway/grpc_stream.h"

#include <deque>
#include <set>
#include <string>
#include <utility>

#include "offramp/gateway/grpc_call.h"
#include "offramp/gateway/grpc_convert.h"
#include "offramp/gateway/pending_inference.h"

namespace offramp {

namespace {

using inference::ModelInferRequest;
using inference::ModelStreamInferResponse;

// Requests of one stream that are at work or whose replies wait for the client to read. A client
// that sends more is simply not read from.
constexpr std::size_t kMaxOutstanding = 256;

class InferStream final : public GrpcCall {
 public:
  explicit InferStream(std::shared_ptr<GrpcServer> shared)
      : GrpcCall(std::move(shared)),
        stream_(&context()),
        read_op_(this, [this](bool ok) { OnRead(ok); }),
        write_op_(this, [this](bool ok) { OnWritten(ok); }),
        finish_op_(this, [](bool) {}) {}

  void Drain() override { Advance(); }

 protected:
  void Request(void* tag) override {
    server().oip.RequestModelStreamInfer(&context(), &stream_, server().queue(), server().queue(),
                                         tag);
  }

  std::shared_ptr<GrpcCall> Another() const override {
    return std::make_shared<InferStream>(shared_server());
  }

  void Begin() override {
    server().AddOpen(shared_from_this());
    Advance();
  }

  void OnOver() override {
    server().RemoveOpen(shared_from_this());
    broken_ = true;
    const std::set<std::shared_ptr<PendingInference>> pending = pending_;
    Advance();
    for (const auto& inference : pending) inference->Cancel();
  }

 private:
  void OnRead(bool ok) {
    reading_ = false;
    if (!ok) read_ended_ = true;
    if (!ok || server().draining()) {  // then this one is not answered, and the status says so
      Advance();
      return;
    }
    ModelInferRequest message;
    message.Swap(&incoming_);
    ++outstanding_;
    Advance();
    Infer(std::move(message));
  }

  void OnWritten(bool ok) {
    writing_ = false;
    --outstanding_;
    if (!ok) broken_ = true;
    Advance();
  }

  void Infer(ModelInferRequest message) {
    auto infer = FromGrpc(server().service().model(), message);
    Status status = infer.status();
    if (infer.ok()) status = ApplyCallContext(context(), infer->request);
    if (!status.ok()) {
      Answer(nullptr, ErrorResponse(status, message.id()));
      return;
    }
    auto inference = std::make_shared<PendingInference>(server().service());
    pending_.insert(inference);
    if (broken_) inference->Cancel();
    inference->Start(
        std::move(infer->request),
        [self = std::static_pointer_cast<InferStream>(shared_from_this()), inference,
         plan = std::move(infer->plan)](const InferenceReply& reply) {
          self->OnLoop([self, inference, response = self->Response(plan, reply)]() mutable {
            self->Answer(inference, std::move(response));
          });
        });
  }

  // On whatever thread.
  ModelStreamInferResponse Response(const GrpcReplyPlan& plan, const InferenceReply& reply) {
    ModelStreamInferResponse response;
    Status status = reply.status;
    if (status.ok()) {
      status = ToGrpc(plan, server().service().model(), reply, *response.mutable_infer_response());
    }
    return status.ok() ? response : ErrorResponse(status, plan.id);
  }

  // The id tells the client which of its requests failed.
  static ModelStreamInferResponse ErrorResponse(const Status& status, const std::string& id) {
    ModelStreamInferResponse response;
    response.set_error_message(status.message().empty() ? status.ToString() : status.message());
    response.mutable_infer_response()->set_id(id);
    return response;
  }

  void Answer(const std::shared_ptr<PendingInference>& inference,
              ModelStreamInferResponse response) {
    pending_.erase(inference);
    outgoing_.push_back(std::move(response));
    Advance();
  }

  // Starts whatever can be started now.
  void Advance() {
    if (broken_) {
      // Nobody reads any more: only wait for what is at work.
      outstanding_ -= outgoing_.size();
      outgoing_.clear();
    }
    if (!writing_ && !outgoing_.empty()) {
      writing_ = true;
      stream_.Write(outgoing_.front(), write_op_.Start());  // serialised at once
      outgoing_.pop_front();
    }
    const bool accepting = !read_ended_ && !server().draining() && !broken_;
    if (accepting && !reading_ && outstanding_ < kMaxOutstanding) {
      reading_ = true;
      stream_.Read(&incoming_, read_op_.Start());
    }
    if (!accepting && outstanding_ == 0 && !finished_) {
      finished_ = true;
      stream_.Finish(FinalStatus(), finish_op_.Start());
    }
  }

  grpc::Status FinalStatus() const {
    if (broken_) return {grpc::StatusCode::CANCELLED, "the client is gone"};
    if (read_ended_) return grpc::Status::OK;
    return {grpc::StatusCode::UNAVAILABLE, "the gateway is draining"};
  }

  grpc::ServerAsyncReaderWriter<ModelStreamInferResponse, ModelInferRequest> stream_;
  Op read_op_;
  Op write_op_;
  Op finish_op_;
  ModelInferRequest incoming_;  // belongs to the read under way
  std::set<std::shared_ptr<PendingInference>> pending_;
  std::deque<ModelStreamInferResponse> outgoing_;
  std::size_t outstanding_ = 0;  // requests read whose replies are not written yet
  bool reading_ = false;
  bool read_ended_ = false;
  bool writing_ = false;
  bool broken_ = false;
  bool finished_ = false;
};

}  // namespace

void ServeInferStreams(const std::shared_ptr<GrpcServer>& server) {
  std::make_shared<InferStream>(server)->Ask();
}

}  // namespace offramp
