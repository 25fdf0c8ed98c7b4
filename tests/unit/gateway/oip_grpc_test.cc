#include "offramp/gateway/oip_grpc.h"

#include <chrono>
#include <cstring>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_inference_service.h"

#include "inference/health.grpc.pb.h"
#include "inference/open_inference_grpc.grpc.pb.h"

namespace offramp {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using inference::GRPCInferenceService;
using inference::ModelInferRequest;
using inference::ModelInferResponse;
using testing::HasSubstr;

class OipGrpcTest : public testing::Test {
 protected:
  OipGrpcTest() {
    auto server = OipGrpc::Start("127.0.0.1:0", service_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = std::move(server).value();
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    stub_ = GRPCInferenceService::NewStub(channel_);
  }

  ~OipGrpcTest() override { server_->Stop(0); }

  static ModelInferRequest Request(const std::string& id, std::int64_t rows = 1) {
    ModelInferRequest message;
    message.set_model_name("fake");
    message.set_id(id);
    auto* input = message.add_inputs();
    input->set_name("image");
    input->set_datatype("FP32");
    for (const std::int64_t extent : {rows, std::int64_t{1}, std::int64_t{2}, std::int64_t{2}}) {
      input->add_shape(extent);
    }
    std::vector<float> values(static_cast<std::size_t>(rows) * 4);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t row = i / 4;
      values[i] = 0.5F * static_cast<float>(row);
    }
    message.add_raw_input_contents(values.data(), values.size() * sizeof(float));
    return message;
  }

  grpc::Status Infer(const ModelInferRequest& request, ModelInferResponse* response) {
    grpc::ClientContext context;
    return stub_->ModelInfer(&context, request, response);
  }

  FakeInferenceService service_;
  std::unique_ptr<OipGrpc> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<GRPCInferenceService::Stub> stub_;
};

TEST_F(OipGrpcTest, AnswersEveryRowWithExitStageAndPath) {
  ModelInferResponse response;
  const grpc::Status status = Infer(Request("r-1", 3), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.id(), "r-1");
  EXPECT_EQ(response.parameters().at("path").string_param(), "fake-1,fake-2");
  ASSERT_EQ(response.raw_output_contents_size(), 3);
  float logits[9];
  ASSERT_EQ(response.raw_output_contents(0).size(), sizeof(logits));
  std::memcpy(logits, response.raw_output_contents(0).data(), sizeof(logits));
  EXPECT_EQ(logits[3], 2.0F) << "row 1 holds four times 0.5";
  std::int32_t stages[3];
  ASSERT_EQ(response.raw_output_contents(1).size(), sizeof(stages));
  std::memcpy(stages, response.raw_output_contents(1).data(), sizeof(stages));
  EXPECT_EQ(stages[0], 1);
  EXPECT_EQ(stages[1], 3);
}

TEST_F(OipGrpcTest, ErrorsHaveTheirCodeAndText) {
  ModelInferResponse response;
  for (int code = 1; code < kStatusCodeCount; ++code) {
    const grpc::Status status = Infer(Request("error=" + std::to_string(code)), &response);
    EXPECT_NE(status.error_code(), grpc::OK);
    EXPECT_EQ(status.error_message(), "asked to fail");
  }
  ModelInferRequest other = Request("x");
  other.set_model_name("other");
  const grpc::Status status = Infer(other, &response);
  EXPECT_EQ(status.error_code(), grpc::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("'fake'"));
}

TEST_F(OipGrpcTest, OverloadSaysWhenToComeBack) {
  service_.FailWith(UnavailableError("overloaded"), 0.25);
  grpc::ClientContext context;
  ModelInferResponse response;
  EXPECT_EQ(stub_->ModelInfer(&context, Request("r"), &response).error_code(), grpc::UNAVAILABLE);
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto pushback = trailers.find("grpc-retry-pushback-ms");
  ASSERT_NE(pushback, trailers.end());
  EXPECT_EQ(pushback->second, "250");
}

TEST_F(OipGrpcTest, TheDeadlineShrinksTheTimeout) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  ModelInferRequest request = Request("r");
  (*request.mutable_parameters())["timeout"].set_int64_param(60000000);
  ModelInferResponse response;
  ASSERT_TRUE(stub_->ModelInfer(&context, request, &response).ok());
  EXPECT_LE(service_.requests()[0].timeout_s.value(), 20.5) << "gRPC rounds up";
  EXPECT_GT(service_.requests()[0].timeout_s.value(), 10.0);

  (*request.mutable_parameters())["timeout"].set_int64_param(1000);
  request.set_id("hold");
  EXPECT_EQ(Infer(request, &response).error_code(), grpc::DEADLINE_EXCEEDED);
}

TEST_F(OipGrpcTest, IdsAndTraceparentTravelInMetadata) {
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "from-header");
  context.AddMetadata("traceparent", "00-abc-def-01");
  ModelInferResponse response;
  ASSERT_TRUE(stub_->ModelInfer(&context, Request(""), &response).ok());
  EXPECT_EQ(response.id(), "") << "an id that was not sent is not invented";
  EXPECT_EQ(service_.requests()[0].id, "from-header");
  EXPECT_EQ(service_.requests()[0].trace_parent, "00-abc-def-01");
}

TEST_F(OipGrpcTest, ACancelledCallIsCancelledInTheFleet) {
  grpc::ClientContext context;
  ModelInferResponse response;
  auto call = std::async(std::launch::async,
                         [&] { return stub_->ModelInfer(&context, Request("hold"), &response); });
  ASSERT_TRUE(service_.WaitForRequests(1));
  context.TryCancel();
  EXPECT_EQ(call.get().error_code(), grpc::CANCELLED);
  EXPECT_TRUE(service_.WaitForCancelled(1));
}

TEST_F(OipGrpcTest, AStreamAnswersInOrderOfCompletion) {
  grpc::ClientContext context;
  auto stream = stub_->ModelStreamInfer(&context);
  ASSERT_TRUE(stream->Write(Request("hold;first")));
  ASSERT_TRUE(stream->Write(Request("error=3;second")));
  ASSERT_TRUE(stream->Write(Request("third")));
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error_message(), "asked to fail");
  EXPECT_EQ(response.infer_response().id(), "error=3;second");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error_message(), "");
  EXPECT_EQ(response.infer_response().id(), "third");
  service_.Release();
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.infer_response().id(), "hold;first");
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(OipGrpcTest, AStreamOfManyRequestsIsAnsweredWhole) {
  constexpr int kCount = 2000;  // more than may be outstanding at once
  grpc::ClientContext context;
  auto stream = stub_->ModelStreamInfer(&context);
  auto writer = std::async(std::launch::async, [&] {
    for (int i = 0; i < kCount; ++i) stream->Write(Request(std::to_string(i)));
    stream->WritesDone();
  });
  std::set<std::string> ids;
  inference::ModelStreamInferResponse response;
  while (stream->Read(&response)) ids.insert(response.infer_response().id());
  writer.get();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kCount));
}

TEST_F(OipGrpcTest, ABrokenStreamCancelsItsRequests) {
  {
    grpc::ClientContext context;
    auto stream = stub_->ModelStreamInfer(&context);
    ASSERT_TRUE(stream->Write(Request("hold;1")));
    ASSERT_TRUE(stream->Write(Request("hold;2")));
    ASSERT_TRUE(service_.WaitForRequests(2));
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
  }
  EXPECT_TRUE(service_.WaitForCancelled(2));
}

TEST_F(OipGrpcTest, TellsAboutServerAndModel) {
  grpc::ClientContext contexts[8];
  inference::ServerLiveResponse live;
  EXPECT_TRUE(stub_->ServerLive(&contexts[0], {}, &live).ok());
  EXPECT_TRUE(live.live());
  inference::ModelReadyRequest ready_request;
  inference::ModelReadyResponse ready;
  ready_request.set_name("fake");
  EXPECT_TRUE(stub_->ModelReady(&contexts[1], ready_request, &ready).ok());
  EXPECT_TRUE(ready.ready());
  ready_request.set_name("other");
  EXPECT_EQ(stub_->ModelReady(&contexts[2], ready_request, &ready).error_code(), grpc::NOT_FOUND);
  inference::ModelMetadataRequest metadata_request;
  metadata_request.set_name("fake");
  inference::ModelMetadataResponse metadata;
  EXPECT_TRUE(stub_->ModelMetadata(&contexts[3], metadata_request, &metadata).ok());
  EXPECT_EQ(metadata.platform(), "offramp_onnx");
  EXPECT_EQ(metadata.outputs_size(), 3);
  inference::ModelStatisticsResponse statistics;
  EXPECT_TRUE(stub_->ModelStatistics(&contexts[4], {}, &statistics).ok());
  EXPECT_EQ(statistics.model_stats(0).name(), "fake");
  service_.SetReady(false);
  inference::RepositoryIndexResponse index;
  EXPECT_TRUE(stub_->RepositoryIndex(&contexts[5], {}, &index).ok());
  EXPECT_EQ(index.models(0).state(), "UNAVAILABLE");
  inference::ServerReadyResponse server_ready;
  EXPECT_TRUE(stub_->ServerReady(&contexts[6], {}, &server_ready).ok());
  EXPECT_FALSE(server_ready.ready());
  inference::RepositoryModelLoadResponse load;
  EXPECT_EQ(stub_->RepositoryModelLoad(&contexts[7], {}, &load).error_code(), grpc::UNIMPLEMENTED);
}

TEST_F(OipGrpcTest, HealthFollowsReadiness) {
  auto health = Health::NewStub(channel_);
  const auto check = [&](const std::string& name) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(name);
    HealthCheckResponse response;
    const grpc::Status status = health->Check(&context, request, &response);
    return status.ok() ? static_cast<int>(response.status())
                       : -static_cast<int>(status.error_code());
  };
  EXPECT_EQ(check(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(check("inference.GRPCInferenceService"), HealthCheckResponse::SERVING);
  EXPECT_EQ(check("nothing"), -grpc::NOT_FOUND);

  grpc::ClientContext context;
  auto watch = health->Watch(&context, {});
  HealthCheckResponse state;
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::SERVING);
  service_.SetReady(false);
  EXPECT_EQ(check(""), HealthCheckResponse::NOT_SERVING);
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::NOT_SERVING);
  service_.SetReady(true);
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::SERVING);

  grpc::ClientContext unknown_context;
  HealthCheckRequest unknown;
  unknown.set_service("nothing");
  auto unknown_watch = health->Watch(&unknown_context, unknown);
  ASSERT_TRUE(unknown_watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  unknown_context.TryCancel();
}

TEST_F(OipGrpcTest, StopSendsIdleClientsAwayAndLetsWorkFinish) {
  grpc::ClientContext idle_context;
  auto idle = stub_->ModelStreamInfer(&idle_context);
  ASSERT_TRUE(idle->Write(Request("warm")));
  inference::ModelStreamInferResponse streamed;
  ASSERT_TRUE(idle->Read(&streamed));
  grpc::ClientContext watch_context;
  auto watch = Health::NewStub(channel_)->Watch(&watch_context, {});
  HealthCheckResponse state;
  ASSERT_TRUE(watch->Read(&state));
  ModelInferResponse response;
  auto call = std::async(std::launch::async, [&] { return Infer(Request("hold"), &response); });
  ASSERT_TRUE(service_.WaitForRequests(2));

  auto stop = std::async(std::launch::async, [&] { server_->Stop(30); });
  EXPECT_FALSE(idle->Read(&streamed));
  EXPECT_EQ(idle->Finish().error_code(), grpc::UNAVAILABLE);
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&state));
  service_.Release();
  EXPECT_TRUE(call.get().ok());
  EXPECT_EQ(stop.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(OipGrpcTest, AStreamWhoseRequestADrainLeftOutDoesNotEndWell) {
  grpc::ClientContext context;
  auto stream = stub_->ModelStreamInfer(&context);
  ASSERT_TRUE(stream->Write(Request("hold;1")));
  ASSERT_TRUE(service_.WaitForRequests(1));
  server_->Drain();
  ASSERT_TRUE(stream->Write(Request("left out")));
  // On the same connection: behind it, the request above has arrived too.
  grpc::ClientContext live_context;
  inference::ServerLiveResponse live;
  ASSERT_TRUE(stub_->ServerLive(&live_context, {}, &live).ok());
  service_.Release();
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.infer_response().id(), "hold;1");
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(OipGrpcTest, StopCancelsWhatDoesNotFinish) {
  ModelInferResponse response;
  auto call = std::async(std::launch::async, [&] { return Infer(Request("hold"), &response); });
  ASSERT_TRUE(service_.WaitForRequests(1));
  server_->Stop(0);
  EXPECT_FALSE(call.get().ok());
  EXPECT_EQ(service_.cancelled(), 1U);
}

TEST_F(OipGrpcTest, ATakenPortIsAnError) {
  const auto second = OipGrpc::Start(server_->address(), service_);
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr(server_->address()));
  EXPECT_EQ(OipGrpc::Start("nowhere", service_).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(OipGrpcTest, LargeMessagesPassAndTooLargeOnesAreRefused) {
  // 64 MiB of tensors pass the size limit (and fail only for their shape).
  ModelInferRequest large = Request("large");
  large.mutable_raw_input_contents(0)->assign(std::size_t{64} << 20, 'x');
  ModelInferResponse response;
  EXPECT_EQ(Infer(large, &response).error_code(), grpc::INVALID_ARGUMENT);
  large.mutable_raw_input_contents(0)->assign(std::size_t{66} << 20, 'x');
  EXPECT_EQ(Infer(large, &response).error_code(), grpc::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace offramp
