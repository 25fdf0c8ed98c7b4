#include <chrono>
#include <map>
#include <mutex>

#include <grpcpp/grpcpp.h>

#include "bench/scenarios/client/caller.h"

#include "inference/open_inference_grpc.grpc.pb.h"

namespace offramp::bench {
namespace {

Outcome OutcomeOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return Outcome::kOk;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Outcome::kRefused;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Outcome::kLate;
    default:
      return Outcome::kFailed;
  }
}

class GrpcCaller final : public Caller {
 public:
  GrpcCaller(const RequestSpec& spec, const std::shared_ptr<grpc::Channel>& channel)
      : spec_(spec), stub_(inference::GRPCInferenceService::NewStub(channel)) {
    request_.set_model_name(spec.model);
    auto* input = request_.add_inputs();
    input->set_name(spec.input);
    input->set_datatype("FP32");
    input->add_shape(spec.rows);
    for (const std::int64_t extent : spec.row_shape) input->add_shape(extent);
    if (!spec.early_exit) (*request_.mutable_parameters())["early_exit"].set_bool_param(false);
    request_.add_raw_input_contents();
  }

  Answer Call(std::string_view rows) override {
    request_.mutable_raw_input_contents(0)->assign(rows);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::microseconds(std::int64_t(spec_.deadline_s * 1e6)));
    inference::ModelInferResponse response;
    const grpc::Status status = stub_->ModelInfer(&context, request_, &response);
    Answer answer;
    answer.outcome = OutcomeOf(status.error_code());
    answer.code = status.error_code();
    answer.error = status.error_message();
    if (status.ok()) Read(response, answer);
    return answer;
  }

 private:
  void Read(const inference::ModelInferResponse& response, Answer& answer) const {
    for (int i = 0; i < response.outputs_size() && i < response.raw_output_contents_size(); ++i) {
      const auto& output = response.outputs(i);
      const std::string& raw = response.raw_output_contents(i);
      if (output.name() == "exit_stage") {
        answer.exit_stages = Integers(raw, spec_.rows);
      } else if (output.name() != "confidence" && output.datatype() == "FP32") {
        answer.classes = LargestOfRows(raw, spec_.rows);
      }
    }
    const auto path = response.parameters().find("path");
    if (path != response.parameters().end()) answer.path = path->second.string_param();
  }

  const RequestSpec& spec_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
  inference::ModelInferRequest request_;
};

class GrpcCallers final : public CallerFactory {
 public:
  explicit GrpcCallers(const RequestSpec& spec) : spec_(spec) {}

  std::unique_ptr<Caller> Make(const std::string& address) override {
    const std::lock_guard lock(mutex_);
    auto& channel = channels_[address];
    if (!channel) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      arguments.SetMaxReceiveMessageSize(-1);
      arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
      arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
      channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    }
    return std::make_unique<GrpcCaller>(spec_, channel);
  }

 private:
  const RequestSpec spec_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace

std::unique_ptr<CallerFactory> MakeGrpcCallers(const RequestSpec& spec) {
  return std::make_unique<GrpcCallers>(spec);
}

}  // namespace offramp::bench
