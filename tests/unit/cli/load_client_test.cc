// The load generator against a small server of its own on loopback.
#include "offramp/cli/load/load_client.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "offramp/cli/load/load_summary.h"

#include "inference/open_inference_grpc.grpc.pb.h"

namespace offramp {
namespace {

// Answers each request at once, or as told.
class Server final : public inference::GRPCInferenceService::Service {
 public:
  enum class Mode { kAnswer, kRefuse, kBreak, kWrongShape, kHang };

  Server() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~Server() override { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& address() const { return address_; }
  std::atomic<Mode> mode{Mode::kAnswer};
  std::atomic<int> inside{0};
  std::atomic<int> most_inside{0};
  std::atomic<int> no_early_exit{0};

  std::multiset<std::string> Seen() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return seen_;
  }

  grpc::Status RepositoryIndex(grpc::ServerContext*, const inference::RepositoryIndexRequest*,
                               inference::RepositoryIndexResponse* response) override {
    response->add_models()->set_name("m");
    return grpc::Status::OK;
  }

  grpc::Status ModelMetadata(grpc::ServerContext*, const inference::ModelMetadataRequest* request,
                             inference::ModelMetadataResponse* response) override {
    response->set_name(request->name());
    auto* input = response->add_inputs();
    input->set_name("x");
    input->set_datatype("FP32");
    input->add_shape(-1);
    input->add_shape(2);
    for (const char* name : {"logits", "exit_stage", "confidence"}) {
      auto* output = response->add_outputs();
      output->set_name(name);
      output->set_datatype(std::string(name) == "exit_stage" ? "INT32" : "FP32");
    }
    return grpc::Status::OK;
  }

  grpc::Status ModelInfer(grpc::ServerContext* context, const inference::ModelInferRequest* request,
                          inference::ModelInferResponse* response) override {
    const int now = ++inside;
    if (now > most_inside) most_inside = now;
    const grpc::Status status = Answer(*context, *request, *response);
    --inside;
    return status;
  }

 private:
  grpc::Status Answer(grpc::ServerContext& context, const inference::ModelInferRequest& request,
                      inference::ModelInferResponse& response) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      seen_.insert(request.raw_input_contents(0));
    }
    if (request.parameters().contains("early_exit")) ++no_early_exit;
    switch (mode.load()) {
      case Mode::kRefuse:
        context.AddTrailingMetadata("grpc-retry-pushback-ms", "100");
        return {grpc::StatusCode::UNAVAILABLE, "overload"};
      case Mode::kBreak:
        return {grpc::StatusCode::UNAVAILABLE, "gone"};
      case Mode::kHang:
        while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return {grpc::StatusCode::CANCELLED, ""};
      default:
        break;
    }
    const auto rows = static_cast<std::size_t>(request.inputs(0).shape(0));
    std::string logits;
    std::string exits;
    for (std::size_t row = 0; row < rows; ++row) {
      const float values[2] = {0, 1};
      const std::int32_t stage = 3;
      logits.append(reinterpret_cast<const char*>(values), sizeof values);
      exits.append(reinterpret_cast<const char*>(&stage), sizeof stage);
    }
    if (mode == Mode::kWrongShape) logits.pop_back();
    // Not in the order asked for: names count.
    response.add_outputs()->set_name("exit_stage");
    response.add_raw_output_contents(exits);
    response.add_outputs()->set_name("logits");
    response.add_raw_output_contents(logits);
    return grpc::Status::OK;
  }

  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::mutex mutex_;
  std::multiset<std::string> seen_;
};

class LoadClientTest : public testing::Test {
 protected:
  std::unique_ptr<LoadClient> Connect(LoadOptions options = {}) {
    options.targets = {server_.address()};
    auto client = LoadClient::Connect(options);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  static RequestData Data(const LoadClient& client) {
    Random random(1);
    return *RequestData::Random(client.model(), 16, random);
  }

  Server server_;
};

TEST_F(LoadClientTest, LearnsTheModelFromTheServer) {
  const auto client = Connect();
  EXPECT_EQ(client->model().name, "m");
  EXPECT_EQ(client->model().answer, "logits");
  EXPECT_TRUE(client->model().tells_exit_stage);
  EXPECT_EQ(client->model().inputs[0].shape, (std::vector<std::int64_t>{-1, 2}));
}

TEST_F(LoadClientTest, AnswersEveryRequestOfAnOpenLoop) {
  LoadOptions options;
  options.rows = 2;
  const auto client = Connect(options);
  const std::vector<double> arrivals = {0, 0.001, 0.01, 0.02};
  const auto records = client->RunOpen(arrivals, Data(*client), nullptr);
  ASSERT_EQ(records.size(), 4u);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].outcome, LoadOutcome::kAnswered);
    EXPECT_EQ(records[i].due_s, arrivals[i]);
    EXPECT_GE(records[i].sent_s, arrivals[i]);
    EXPECT_GT(records[i].delay_s, 0);
    EXPECT_EQ(records[i].exit_stages, (std::vector<std::uint8_t>{3, 3}));
    EXPECT_EQ(records[i].correct, -1) << "random data has no labels";
  }
}

TEST_F(LoadClientTest, TheSameSeedSendsTheSameSamples) {
  LoadOptions options;
  options.seed = 5;
  const auto client = Connect(options);
  const auto data = Data(*client);
  client->RunOpen({0, 0, 0, 0, 0}, data, nullptr);
  const auto first = server_.Seen();
  client->RunOpen({0, 0, 0, 0, 0}, data, nullptr);
  auto twice = first;
  twice.insert(first.begin(), first.end());
  EXPECT_EQ(server_.Seen(), twice);
}

TEST_F(LoadClientTest, ARefusalWithATimeToRetryIsNoFailure) {
  const auto client = Connect();
  server_.mode = Server::Mode::kRefuse;
  EXPECT_EQ(client->RunOpen({0}, Data(*client), nullptr)[0].outcome, LoadOutcome::kRefused);
  server_.mode = Server::Mode::kBreak;
  const auto broken = client->RunOpen({0}, Data(*client), nullptr);
  EXPECT_EQ(broken[0].outcome, LoadOutcome::kFailed);
  EXPECT_EQ(GrpcCodeName(broken[0].code), "UNAVAILABLE");
}

TEST_F(LoadClientTest, AnAnswerOfTheWrongSizeIsAFailure) {
  const auto client = Connect();
  server_.mode = Server::Mode::kWrongShape;
  EXPECT_EQ(client->RunOpen({0}, Data(*client), nullptr)[0].outcome, LoadOutcome::kFailed);
}

TEST_F(LoadClientTest, ADeadlineEndsARequestThatHangs) {
  LoadOptions options;
  options.deadline_s = 0.05;
  const auto client = Connect(options);
  server_.mode = Server::Mode::kHang;
  const auto records = client->RunOpen({0}, Data(*client), nullptr);
  EXPECT_EQ(records[0].outcome, LoadOutcome::kFailed);
  EXPECT_EQ(GrpcCodeName(records[0].code), "DEADLINE_EXCEEDED");
}

TEST_F(LoadClientTest, StopLeavesTheRestPending) {
  const auto client = Connect();
  server_.mode = Server::Mode::kHang;
  std::thread stopper([&] {
    while (server_.inside == 0) std::this_thread::yield();
    client->Stop();
  });
  const auto records = client->RunOpen({0, 1000}, Data(*client), nullptr);
  stopper.join();
  EXPECT_EQ(records[0].outcome, LoadOutcome::kPending);
  EXPECT_EQ(records[1].outcome, LoadOutcome::kPending);
  EXPECT_EQ(records[1].due_s, 1000);
}

TEST_F(LoadClientTest, AClosedLoopKeepsSoManyUnderWay) {
  const auto client = Connect();
  const auto records = client->RunClosed(3, 0.1, Data(*client), nullptr);
  EXPECT_GE(records.size(), 3u);
  EXPECT_LE(server_.most_inside, 3);
  for (const LoadRecord& record : records) EXPECT_EQ(record.outcome, LoadOutcome::kAnswered);
}

TEST_F(LoadClientTest, WeightsShareOutTheTargets) {
  LoadOptions options;
  options.targets = {server_.address(), server_.address()};
  options.weights = {3, 1};
  auto client = LoadClient::Connect(options);
  ASSERT_TRUE(client.ok()) << client.status();
  const auto records = (*client)->RunOpen(std::vector<double>(400, 0.0), Data(**client), nullptr);
  int first = 0;
  for (const LoadRecord& record : records) first += record.target == 0 ? 1 : 0;
  EXPECT_NEAR(first, 300, 45);  // five standard deviations
}

TEST_F(LoadClientTest, EarlyExitCanBeSwitchedOff) {
  LoadOptions options;
  options.early_exit = false;
  const auto client = Connect(options);
  client->RunOpen({0, 0}, Data(*client), nullptr);
  EXPECT_EQ(server_.no_early_exit, 2);
}

TEST(LoadClientConnect, NamesATargetThatIsNotThere) {
  LoadOptions options;
  options.targets = {"127.0.0.1:1"};
  options.connect_timeout_s = 0.1;
  const auto client = LoadClient::Connect(options);
  ASSERT_FALSE(client.ok());
  EXPECT_EQ(client.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(client.status().message().find("127.0.0.1:1"), std::string::npos);
}

}  // namespace
}  // namespace offramp
