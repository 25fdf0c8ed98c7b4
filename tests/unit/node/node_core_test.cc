// One node of the last stage, driven by hand: what its queue, engine and end do with parcels.
#include "offramp/node/node_core.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/memory_fleet.h"

namespace offramp {
namespace {

Hello HelloOf(const std::string& name, int stage) {
  Hello hello;
  hello.fleet = "scripted";
  hello.name = name;
  hello.stage = stage;
  return hello;
}

// Keeps the batch until the test ends it.
class HeldEngine final : public EngineRunner {
 public:
  void Run(std::vector<Tensor> inputs, Done done) override {
    EXPECT_FALSE(done_) << "two batches at a time";
    rows = inputs[0].rows();
    inputs_ = std::move(inputs);
    done_ = std::move(done);
  }
  bool busy() const { return done_ != nullptr; }
  void Finish(double compute_s = 0.01) {
    MutableBuffer logits(static_cast<std::size_t>(rows) * 8);
    for (std::int64_t i = 0; i < rows; ++i) {
      const float row[2] = {10, static_cast<float>(inputs_[0].data.data()[i])};
      std::memcpy(logits.data() + i * 8, row, sizeof(row));
    }
    Tensor exit;
    exit.name = "logits";
    exit.shape = {rows, 2};
    exit.data = std::move(logits).Freeze();
    std::exchange(done_, nullptr)(std::vector<Tensor>{exit}, compute_s);
  }
  void Fail(Status why) { std::exchange(done_, nullptr)(std::move(why), 1e-6); }

  std::int64_t rows = 0;

 private:
  std::vector<Tensor> inputs_;
  Done done_;
};

class Quiet final : public NodeObserver {
 public:
  void OnBatch(std::int64_t, double) override {}
  void OnParcelRun(const std::string&, std::size_t, double, double) override {}
  void OnExit(std::int64_t) override {}
  void OnForwarded(std::int64_t) override {}
  void OnAnswerReturned(std::int64_t, double) override {}
  void OnRefused(const std::string&, std::int64_t, const Status&) override {}
  void OnDropped(std::int64_t, const Status&) override {}
};

class NodeCoreTest : public ::testing::Test, public ConnectionHandler {
 protected:
  NodeCoreTest()
      : bundle_(ScriptedBundle()),
        loop_(&clock_),
        network_(&loop_),
        node_end_(network_.MakeTransport("s3-a")),
        sender_end_(network_.MakeTransport("s2-a")) {
    NodeCoreOptions options;
    options.name = "s3-a";
    options.stage = 3;
    options.batching.max_batch_size = 4;
    options.queue_bytes = 8;
    core_ = std::make_unique<NodeCore>(
        options,
        NodeCore::Parts{
            .loop = &loop_, .engine = &engine_, .bundle = &bundle_, .observer = &observer_},
        HelloOf("s3-a", 3), std::vector<std::string>{"s2-a"});
    AgentRunnerOptions agent;
    agent.stage = 3;
    agent.offloaders = 1;
    agent.expected_service_s = 0.01;
    core_->Attach(nullptr, std::make_unique<AgentRunner>(agent, bundle_.profile, loop_));
    EXPECT_TRUE(node_end_
                    ->Listen("s3-a",
                             [this](std::unique_ptr<Connection> connection) {
                               return core_->sessions().Accept(std::move(connection));
                             })
                    .ok());
    core_->Start();
    connection_ = sender_end_->Connect("s3-a", this);
    connection_->Send(HelloOf("s2-a", 2));
    loop_.RunFor(0.01);
  }

  void OnFrame(Connection& /*connection*/, Frame frame) override {
    if (const auto* answer = std::get_if<AnswerFrame>(&frame)) answers_.push_back(*answer);
    if (const auto* refuse = std::get_if<RefuseFrame>(&frame)) refusals_.push_back(*refuse);
  }
  void OnClosed(Connection& /*connection*/, Status why) override { ADD_FAILURE() << why; }

  void Send(std::uint64_t id, const std::string& rows, double deadline_s = 10,
            const std::string& name = "h2") {
    TaskFrame task;
    task.id = id;
    task.deadline_s = deadline_s;
    task.rows.resize(rows.size());
    Tensor tensor;
    tensor.name = name;
    tensor.datatype = DataType::kUint8;
    tensor.shape = {static_cast<std::int64_t>(rows.size()), 1};
    tensor.data = Buffer::CopyOf(rows);
    task.tensors.push_back(std::move(tensor));
    connection_->Send(std::move(task));
    loop_.RunFor(0.001);
  }

  static float Value(const AnswerFrame& answer, std::size_t row) {
    float logits[2];
    std::memcpy(logits, answer.tensors.at(0).data.data() + row * sizeof(logits), sizeof(logits));
    return logits[1];
  }

  const Bundle bundle_;
  ManualClock clock_;
  ManualLoop loop_;
  MemoryNetwork network_;
  Quiet observer_;
  HeldEngine engine_;
  std::unique_ptr<Transport> node_end_;
  std::unique_ptr<Transport> sender_end_;
  std::unique_ptr<NodeCore> core_;
  std::unique_ptr<Connection> connection_;
  std::vector<AnswerFrame> answers_;
  std::vector<RefuseFrame> refusals_;
};

TEST_F(NodeCoreTest, ExpiredParcelsBehindALiveOneNeverRun) {
  Send(1, "a");
  Send(2, "b", 10);
  Send(3, "c", 0.05);
  Send(4, "d", 10);
  loop_.RunFor(0.1);
  engine_.Finish();
  loop_.RunFor(0.001);
  EXPECT_EQ(engine_.rows, 2);
  engine_.Finish();
  loop_.RunFor(0.01);
  ASSERT_EQ(answers_.size(), 3u);
  EXPECT_EQ(Value(answers_[1], 0), 'b');
  EXPECT_EQ(Value(answers_[2], 0), 'd');
  ASSERT_EQ(refusals_.size(), 1u);
  EXPECT_EQ(refusals_[0].id, 3u);
  EXPECT_EQ(refusals_[0].status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(core_->queued_rows(), 0);
  EXPECT_EQ(core_->held_bytes(), 0);
}

TEST_F(NodeCoreTest, ACancellationWithinABatchLeavesTheOthersRight) {
  Send(1, "a");
  Send(2, "bc");
  Send(3, "d");
  engine_.Finish();
  loop_.RunFor(0.001);
  EXPECT_EQ(engine_.rows, 3);
  connection_->Send(CancelFrame{2});
  loop_.RunFor(0.001);
  engine_.Finish();
  loop_.RunFor(0.01);
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(Value(answers_[1], 0), 'd');
  EXPECT_EQ(core_->held_parcels(), 0u);
  EXPECT_EQ(core_->queued_rows(), 0);
}

TEST_F(NodeCoreTest, AnEngineThatFailsFastIsNotTakenForAFastOne) {
  for (std::uint64_t id = 1; id <= 20; ++id) {
    Send(id, "a");
    engine_.Fail(InternalError("broken"));
    loop_.RunFor(0.001);
  }
  EXPECT_EQ(refusals_.size(), 20u);
  EXPECT_EQ(refusals_[0].status.code(), StatusCode::kInternal);
  EXPECT_NEAR(core_->agents().service_s(), 0.01, 1e-9);
}

TEST_F(NodeCoreTest, WhatCannotBeHeldOrReadIsGivenBackWithAReason) {
  Send(1, "12345678");
  Send(2, "9");
  ASSERT_GE(refusals_.size(), 1u);
  EXPECT_EQ(refusals_[0].status.message(), "s3-a holds 8 of 8 bytes");
  engine_.Finish();
  loop_.RunFor(0.01);
  Send(5, "a", 10, "other");
  EXPECT_EQ(refusals_.back().status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(core_->held_bytes(), 0);
}

TEST_F(NodeCoreTest, TheFirstCallMayTakeLongWithoutPassingForStuck) {
  Send(1, "a");
  loop_.RunFor(3);
  EXPECT_TRUE(core_->progressing());
  loop_.RunFor(8);
  EXPECT_FALSE(core_->progressing());
  engine_.Finish(11);
  Send(2, "a");
  EXPECT_TRUE(core_->progressing());
}

TEST_F(NodeCoreTest, ItsEndWhileItDrainsLeavesNothingBehind) {
  bool drained = false;
  core_->Drain([&drained] { drained = true; });
  connection_.reset();
  core_.reset();
  loop_.RunFor(1);
  EXPECT_FALSE(drained);
}

}  // namespace
}  // namespace offramp
