// One node of the last stage, driven by hand: what its queue, engine and end do with parcels.
#include "offramp/node/node_core.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/memory_fleet.h"
#include "tests/fakes/test_hello.h"

namespace offramp {
namespace {

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

class Counting final : public NodeObserver {
 public:
  void OnBatch(std::int64_t, double) override {}
  void OnBatchFailed(std::int64_t rows, const Status&) override { failed_calls.push_back(rows); }
  void OnParcelRun(const TaskFrame&, std::size_t, double, double) override {}
  void OnExit(std::int64_t) override {}
  void OnForwarded(std::int64_t) override {}
  void OnAnswerReturned(std::int64_t, double) override {}
  void OnRefused(const TaskFrame&, std::int64_t rows, const Status&) override { refused += rows; }
  void OnDropped(std::int64_t rows, const Status&) override { dropped += rows; }

  std::vector<std::int64_t> failed_calls;  // rows of each
  std::int64_t refused = 0;
  std::int64_t dropped = 0;
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
        TestHello("s3-a", 3), std::vector<std::string>{"s2-a"});
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
    connection_->Send(TestHello("s2-a", 2));
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
  Counting observer_;
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

TEST_F(NodeCoreTest, OfABatchThatFailsOnlyTheGuiltyRowsAreGivenBack) {
  Send(1, "a");
  Send(2, "bcd");
  Send(3, "e");
  engine_.Finish();
  loop_.RunFor(0.001);
  EXPECT_EQ(engine_.rows, 4);
  engine_.Fail(InvalidArgumentError("no such word"));
  for (const bool guilty : {false, true, false, false}) {
    loop_.RunFor(0.001);
    ASSERT_TRUE(engine_.busy());
    EXPECT_EQ(engine_.rows, 1);
    if (guilty) {
      engine_.Fail(InvalidArgumentError("no such word"));
    } else {
      engine_.Finish();
    }
  }
  loop_.RunFor(0.01);
  ASSERT_EQ(answers_.size(), 3u);
  EXPECT_EQ(answers_[1].id, 2u);
  EXPECT_EQ(answers_[1].rows, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(Value(answers_[1], 0), 'b');
  EXPECT_EQ(Value(answers_[1], 1), 'd');
  EXPECT_EQ(answers_[2].id, 3u);
  EXPECT_EQ(Value(answers_[2], 0), 'e');
  ASSERT_EQ(refusals_.size(), 1u);
  EXPECT_EQ(refusals_[0].id, 2u);
  EXPECT_EQ(refusals_[0].rows, std::vector<std::uint32_t>{1});
  EXPECT_EQ(refusals_[0].status.ToString(), "INVALID_ARGUMENT: s3-a, stage 3: no such word");
  EXPECT_EQ(observer_.failed_calls, (std::vector<std::int64_t>{4, 1}));
  EXPECT_EQ(observer_.refused, 1);
  EXPECT_EQ(core_->queued_rows(), 0);
  EXPECT_EQ(core_->held_bytes(), 0);
}

TEST_F(NodeCoreTest, WhatIsCancelledOrExpiresAfterAFailedBatchNeverRunsAlone) {
  Send(1, "a");
  Send(2, "bc");
  Send(3, "d");
  Send(4, "e", 0.05);
  engine_.Finish();
  loop_.RunFor(0.001);
  engine_.Fail(InternalError("out of memory"));
  loop_.RunFor(0.001);
  connection_->Send(CancelFrame{2});
  loop_.RunFor(0.1);
  engine_.Finish();  // b; c is not wanted any more
  loop_.RunFor(0.001);
  engine_.Finish();  // d; e is too late
  loop_.RunFor(0.01);
  EXPECT_FALSE(engine_.busy());
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(Value(answers_[1], 0), 'd');
  ASSERT_EQ(refusals_.size(), 1u);
  EXPECT_EQ(refusals_[0].id, 4u);
  EXPECT_EQ(refusals_[0].status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(observer_.dropped, 3);
  EXPECT_EQ(core_->held_parcels(), 0u);
  EXPECT_EQ(core_->queued_rows(), 0);
}

// What is given back is another replica's load; its sender's share of it here would be wrong too.
TEST_F(NodeCoreTest, OnlyWhatIsTakenCountsAsArrived) {
  Send(1, "12345678");
  for (std::uint64_t id = 2; id < 200; ++id) Send(id, "9");
  EXPECT_EQ(refusals_.size(), 198u);
  loop_.RunFor(0.2);
  const double rate = core_->agents().arrival_rate_per_s();
  EXPECT_GT(rate, 0);
  EXPECT_LT(rate, 40);
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
  TaskFrame text;
  text.id = 6;
  text.deadline_s = 10;
  text.rows.resize(1);
  Tensor tensor;
  tensor.name = "h2";
  tensor.datatype = DataType::kBytes;
  tensor.shape = {1};
  tensor.data = Buffer::CopyOf(std::string("\2\0\0\0ab", 6));
  text.tensors.push_back(std::move(tensor));
  connection_->Send(std::move(text));
  loop_.RunFor(0.001);
  EXPECT_EQ(refusals_.back().status.message(),
            "tensor \"h2\" is BYTES, which no engine computes on");
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
