#include "offramp/gateway/grpc_stream.h"

#include <deque>
#include <mutex>
#include <vector>

#include "offramp/gateway/grpc_call.h"
#include "offramp/gateway/grpc_convert.h"
#include "offramp/gateway/pending_inference.h"

namespace offramp {

namespace {

// Requests of one stream that are at work or whose replies wait for the client to read. A client
// that sends more is simply not read from.
constexpr std::size_t kMaxOutstanding = 256;

}  // namespace

struct InferStreams::Registry {
  std::mutex mutex;
  bool draining = false;  // guarded by mutex, like the next
  std::set<InferStream*> streams;
};

class InferStream final : public grpc::ServerBidiReactor<inference::ModelInferRequest,
                                                         inference::ModelStreamInferResponse>,
                          public std::enable_shared_from_this<InferStream> {
 public:
  using Registry = InferStreams::Registry;

  InferStream(grpc::CallbackServerContext* context, InferenceService& service,
              std::shared_ptr<Registry> registry)
      : context_(context), service_(service), registry_(std::move(registry)) {}

  // Begins to read, and lives until gRPC is done with the call.
  void Start() {
    self_ = shared_from_this();
    bool draining = false;
    {
      const std::lock_guard lock(registry_->mutex);
      registry_->streams.insert(this);
      draining = registry_->draining;
    }
    const std::lock_guard lock(mutex_);
    draining_ |= draining;
    Advance();
  }

  void Drain() {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    Advance();
  }

  void OnReadDone(bool ok) override {
    inference::ModelInferRequest message;
    {
      const std::lock_guard lock(mutex_);
      reading_ = false;
      if (!ok || draining_) {
        read_ended_ = true;
        Advance();
        return;
      }
      message.Swap(&incoming_);
      ++outstanding_;
      Advance();
    }
    Infer(std::move(message));
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    --outstanding_;
    if (!ok) broken_ = true;
    Advance();
  }

  void OnCancel() override {
    std::set<std::shared_ptr<PendingInference>> pending;
    {
      const std::lock_guard lock(mutex_);
      broken_ = true;
      pending = pending_;
      Advance();
    }
    for (const auto& inference : pending) inference->Cancel();
  }

  void OnDone() override {
    {
      const std::lock_guard lock(registry_->mutex);
      registry_->streams.erase(this);
    }
    const std::shared_ptr<InferStream> last = std::move(self_);
  }

 private:
  void Infer(inference::ModelInferRequest message) {
    auto infer = FromGrpc(service_.model(), message);
    Status status = infer.status();
    if (infer.ok()) status = ApplyCallContext(*context_, infer->request);
    if (!status.ok()) {
      Answer(nullptr, ErrorResponse(status, message.id()));
      return;
    }
    auto inference = std::make_shared<PendingInference>(service_);
    bool gone = false;
    {
      const std::lock_guard lock(mutex_);
      pending_.insert(inference);
      gone = broken_;
    }
    if (gone) inference->Cancel();
    inference->Start(
        std::move(infer->request),
        [self = shared_from_this(), inference, plan = std::move(infer->plan)](
            const InferenceReply& reply) { self->Answer(inference, self->Response(plan, reply)); });
  }

  inference::ModelStreamInferResponse Response(const GrpcReplyPlan& plan,
                                               const InferenceReply& reply) const {
    inference::ModelStreamInferResponse response;
    Status status = reply.status;
    if (status.ok()) {
      status = ToGrpc(plan, service_.model().name, reply, *response.mutable_infer_response());
    }
    return status.ok() ? response : ErrorResponse(status, plan.id);
  }

  // The id tells the client which of its requests failed.
  static inference::ModelStreamInferResponse ErrorResponse(const Status& status,
                                                           const std::string& id) {
    inference::ModelStreamInferResponse response;
    response.set_error_message(status.message().empty() ? status.ToString() : status.message());
    response.mutable_infer_response()->set_id(id);
    return response;
  }

  void Answer(const std::shared_ptr<PendingInference>& inference,
              inference::ModelStreamInferResponse response) {
    const std::lock_guard lock(mutex_);
    pending_.erase(inference);
    outgoing_.push_back(std::move(response));
    Advance();
  }

  // Starts whatever can be started now. Under the lock, which is recursive because gRPC may run the
  // reaction to an operation before the call that starts it returns.
  void Advance() {
    const std::shared_ptr<InferStream> keep = shared_from_this();
    if (broken_) {
      // Nobody reads any more: only wait for what is at work.
      outstanding_ -= outgoing_.size();
      outgoing_.clear();
    }
    if (!writing_ && !outgoing_.empty()) {
      writing_ = true;
      current_ = std::move(outgoing_.front());
      outgoing_.pop_front();
      StartWrite(&current_);
    }
    const bool accepting = !read_ended_ && !draining_ && !broken_;
    if (accepting && !reading_ && outstanding_ < kMaxOutstanding) {
      reading_ = true;
      StartRead(&incoming_);
    }
    if (!accepting && outstanding_ == 0 && !finished_) {
      finished_ = true;
      Finish(FinalStatus());
    }
  }

  grpc::Status FinalStatus() const {
    if (broken_) return {grpc::StatusCode::CANCELLED, "the client is gone"};
    if (read_ended_) return grpc::Status::OK;
    return {grpc::StatusCode::UNAVAILABLE, "the gateway is draining"};
  }

  grpc::CallbackServerContext* const context_;
  InferenceService& service_;
  const std::shared_ptr<Registry> registry_;
  std::shared_ptr<InferStream> self_;  // from Start to OnDone

  inference::ModelInferRequest incoming_;        // belongs to the read under way
  inference::ModelStreamInferResponse current_;  // belongs to the write under way

  std::recursive_mutex mutex_;  // guards everything below
  std::set<std::shared_ptr<PendingInference>> pending_;
  std::deque<inference::ModelStreamInferResponse> outgoing_;
  std::size_t outstanding_ = 0;  // requests read whose replies are not written yet
  bool reading_ = false;
  bool read_ended_ = false;
  bool writing_ = false;
  bool draining_ = false;
  bool broken_ = false;
  bool finished_ = false;
};

InferStreams::InferStreams() : registry_(std::make_shared<Registry>()) {}
InferStreams::~InferStreams() = default;

grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
InferStreams::Open(grpc::CallbackServerContext* context, InferenceService& service) {
  auto stream = std::make_shared<InferStream>(context, service, registry_);
  stream->Start();
  return stream.get();
}

void InferStreams::Drain() {
  std::vector<std::shared_ptr<InferStream>> streams;
  {
    const std::lock_guard lock(registry_->mutex);
    registry_->draining = true;
    for (InferStream* stream : registry_->streams) streams.push_back(stream->shared_from_this());
  }
  for (const auto& stream : streams) stream->Drain();
}

}  // namespace offramp
