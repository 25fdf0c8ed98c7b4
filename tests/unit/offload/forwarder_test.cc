#include "offramp/offload/forwarder.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "offramp/base/clock.h"
#include "offramp/offload/offloader_sessions.h"
#include "offramp/wire/manual_loop.h"
#include "offramp/wire/memory_transport.h"

namespace offramp {
namespace {

Hello HelloOf(const std::string& name, int stage) {
  Hello hello;
  hello.fleet = "test";
  hello.name = name;
  hello.stage = stage;
  return hello;
}

// A replica that keeps what it is sent; the test answers, refuses, dies or freezes for it.
class ScriptedReceiver final : public OffloaderSessionsOwner {
 public:
  ScriptedReceiver(const std::string& name, EventLoop& loop, MemoryNetwork& network)
      : name_(name),
        transport_(network.MakeTransport(name)),
        sessions_(HelloOf(name, 1), {"gw0"}, loop, *this) {
    const auto bound = transport_->Listen(name, [this](std::unique_ptr<Connection> connection) {
      return sessions_.Accept(std::move(connection));
    });
    EXPECT_TRUE(bound.ok());
  }

  void OnOffloaderUp(SessionId session, int /*offloader*/) override {
    session_ = session;
    Tell({});
  }
  void OnOffloaderDown(SessionId /*session*/, int /*offloader*/) override { session_ = 0; }
  void OnTask(SessionId /*session*/, TaskFrame task) override { tasks.push_back(std::move(task)); }
  void OnCancel(SessionId /*session*/, std::uint64_t parcel) override {
    cancelled.push_back(parcel);
  }

  void Tell(Report report) { sessions_.Send(session_, report); }

  void Answer(const TaskFrame& task) {
    AnswerFrame answer;
    answer.id = task.id;
    for (std::size_t i = 0; i < task.rows.size(); ++i) {
      answer.rows.push_back(static_cast<std::uint32_t>(i));
      answer.confidence.push_back(0.9F);
    }
    answer.exit_stage = 1;
    answer.path = {{name_, 0, 0}};
    answer.tensors = task.tensors;
    sessions_.Send(session_, std::move(answer));
  }

  void Refuse(const TaskFrame& task, Status why) {
    RefuseFrame refuse;
    refuse.id = task.id;
    for (std::size_t i = 0; i < task.rows.size(); ++i) {
      refuse.rows.push_back(static_cast<std::uint32_t>(i));
    }
    refuse.status = std::move(why);
    sessions_.Send(session_, std::move(refuse));
  }

  std::vector<TaskFrame> tasks;
  std::vector<std::uint64_t> cancelled;

 private:
  std::string name_;
  std::unique_ptr<Transport> transport_;
  OffloaderSessions sessions_;
  SessionId session_ = 0;
};

class RecordingOwner final : public ForwarderOwner {
 public:
  void OnRowsAnswered(JobId job, const std::vector<std::uint32_t>& rows,
                      AnswerFrame answer) override {
    for (const std::uint32_t row : rows) ++answers[{job, row}];
    last_answer = std::move(answer);
  }
  void OnRowsFailed(JobId job, const std::vector<std::uint32_t>& rows, const Status& why,
                    std::uint32_t /*retries*/) override {
    for (const std::uint32_t row : rows) failures[{job, row}] = why;
  }
  void OnAgentMessage(int /*receiver*/, const AgentMessage& /*message*/) override {}

  std::map<std::pair<JobId, std::uint32_t>, int> answers;
  std::map<std::pair<JobId, std::uint32_t>, Status> failures;
  AnswerFrame last_answer;
};

class ForwarderTest : public ::testing::Test {
 protected:
  ForwarderTest() : loop_(&clock_), network_(&loop_), transport_(network_.MakeTransport("gw0")) {
    for (const std::string name : {"a", "b"}) AddReceiver(name);
    std::vector<ReceiverSpec> specs;
    for (const std::string name : {"a", "b"}) {
      ReceiverSpec spec;
      spec.name = name;
      specs.push_back(spec);
    }
    forwarder_ = std::make_unique<Forwarder>(
        HelloOf("gw0", 0), Sender(Policy::kRoundRobin, specs, 1), loop_, *transport_,
        [](const std::string& name) { return std::optional(name); }, owner_, ForwarderOptions{});
    forwarder_->Start();
    loop_.RunFor(0.01);
  }

  void AddReceiver(const std::string& name) {
    receivers_[name] = std::make_unique<ScriptedReceiver>(name, loop_, network_);
  }

  OutJob Job(std::size_t rows, double deadline_in_s = 10) {
    OutJob job;
    job.deadline_at_s = loop_.NowSeconds() + deadline_in_s;
    job.retry_budget = 3;
    job.rows.resize(rows);
    Tensor tensor;
    tensor.name = "x";
    tensor.datatype = DataType::kUint8;
    tensor.shape = {static_cast<std::int64_t>(rows), 1};
    tensor.data = Buffer::CopyOf(std::string("0123456789").substr(0, rows));
    job.tensors.push_back(std::move(tensor));
    return job;
  }

  ScriptedReceiver& receiver(const std::string& name) { return *receivers_.at(name); }

  // The receiver that holds exactly the last task, and that task.
  ScriptedReceiver& Holder() { return receiver("a").tasks.empty() ? receiver("b") : receiver("a"); }
  ScriptedReceiver& Other() { return &Holder() == &receiver("a") ? receiver("b") : receiver("a"); }

  ManualClock clock_;
  ManualLoop loop_;
  MemoryNetwork network_;
  std::unique_ptr<Transport> transport_;
  std::map<std::string, std::unique_ptr<ScriptedReceiver>> receivers_;
  RecordingOwner owner_;
  std::unique_ptr<Forwarder> forwarder_;
};

TEST_F(ForwarderTest, RowsOfOneRequestGoWhereEachIsBestAndTravelTogether) {
  const JobId job = forwarder_->Submit(Job(6));
  loop_.RunFor(0.01);
  ASSERT_EQ(receiver("a").tasks.size(), 1u);
  ASSERT_EQ(receiver("b").tasks.size(), 1u);
  EXPECT_EQ(receiver("a").tasks[0].rows.size(), 3u);
  EXPECT_EQ(receiver("b").tasks[0].tensors[0].data.size(), 3u);
  receiver("b").Answer(receiver("b").tasks[0]);
  receiver("a").Answer(receiver("a").tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ(owner_.answers.size(), 6u);
  for (const auto& [row, count] : owner_.answers) {
    EXPECT_EQ(row.first, job);
    EXPECT_EQ(count, 1);
  }
  EXPECT_EQ(forwarder_->jobs(), 0u);
}

TEST_F(ForwarderTest, TheDeadlineShrinksOnTheWay) {
  (void)forwarder_->Submit(Job(1, 2.0));
  loop_.RunFor(0.01);
  EXPECT_NEAR(Holder().tasks.at(0).deadline_s, 2.0, 1e-6);
  loop_.RunFor(0.3);
  Holder().Refuse(Holder().tasks[0], UnavailableError("draining"));
  ScriptedReceiver& other = Other();
  loop_.RunFor(0.01);
  EXPECT_NEAR(other.tasks.at(0).deadline_s, 1.69, 1e-6);
  EXPECT_EQ(other.tasks[0].retry_budget, 2u);
}

TEST_F(ForwarderTest, ADeadReceiverCostsOneResendAndNeverTheTask) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  const std::string dead = receiver("a").tasks.empty() ? "b" : "a";
  const std::string other = dead == "a" ? "b" : "a";
  receivers_.erase(dead);
  loop_.RunFor(0.01);
  ASSERT_EQ(receiver(other).tasks.size(), 1u);
  receiver(other).Answer(receiver(other).tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
  EXPECT_EQ(forwarder_->counters().resent_rows, 1u);
}

TEST_F(ForwarderTest, AFrozenReceiverIsLeftAndItsLateAnswerIsDropped) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  ScriptedReceiver& frozen = Holder();
  ScriptedReceiver& other = Other();
  network_.Freeze(&frozen == &receiver("a") ? "a" : "b");
  loop_.RunFor(0.6);
  ASSERT_EQ(other.tasks.size(), 1u);
  other.Answer(other.tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
  network_.Thaw(&frozen == &receiver("a") ? "a" : "b");
  frozen.Answer(frozen.tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
}

TEST_F(ForwarderTest, AFrozenReceiversAnswerCountsWhenItIsFirst) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  ScriptedReceiver& frozen = Holder();
  ScriptedReceiver& other = Other();
  network_.Freeze(&frozen == &receiver("a") ? "a" : "b");
  loop_.RunFor(0.6);
  ASSERT_EQ(other.tasks.size(), 1u);
  network_.Thaw(&frozen == &receiver("a") ? "a" : "b");
  frozen.Answer(frozen.tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
  EXPECT_EQ(other.cancelled, std::vector<std::uint64_t>{other.tasks[0].id});
}

TEST_F(ForwarderTest, ASilentReceiverThatOwesNothingIsNotSuspected) {
  loop_.RunFor(30);
  EXPECT_TRUE(forwarder_->sender().receiver(0).available);
  EXPECT_TRUE(forwarder_->sender().receiver(1).available);
}

TEST_F(ForwarderTest, WithoutAnyReceiverRowsWaitUntilOneComesBack) {
  receivers_.clear();
  loop_.RunFor(0.1);
  const JobId job = forwarder_->Submit(Job(2));
  loop_.RunFor(1);
  EXPECT_TRUE(owner_.failures.empty());
  AddReceiver("b");
  loop_.RunFor(0.5);
  ASSERT_EQ(receiver("b").tasks.size(), 1u);
  receiver("b").Answer(receiver("b").tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
  EXPECT_EQ((owner_.answers[{job, 1}]), 1);
}

TEST_F(ForwarderTest, TheDeadlineEndsARowThatNobodyTakes) {
  receivers_.clear();
  loop_.RunFor(0.1);
  const JobId job = forwarder_->Submit(Job(1, 0.5));
  loop_.RunFor(0.4);
  EXPECT_TRUE(owner_.failures.empty());
  loop_.RunFor(0.2);
  EXPECT_EQ((owner_.failures[{job, 0}].code()), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(forwarder_->jobs(), 0u);
}

TEST_F(ForwarderTest, RefusalsSpendTheBudgetAndThenTheClientIsTold) {
  const JobId job = forwarder_->Submit(Job(1));
  for (int i = 0; i < 20; ++i) {
    loop_.RunFor(0.05);
    for (const std::string name : {"a", "b"}) {
      for (const TaskFrame& task : std::exchange(receiver(name).tasks, {})) {
        receiver(name).Refuse(task, ResourceExhaustedError("queue of " + name + " is full"));
      }
    }
  }
  EXPECT_EQ((owner_.failures[{job, 0}].code()), StatusCode::kUnavailable);
  EXPECT_EQ(forwarder_->counters().resent_rows, 3u);
}

TEST_F(ForwarderTest, AWrongInputIsNotTriedElsewhere) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  Holder().Refuse(Holder().tasks[0], InvalidArgumentError("rank 3, expected 4"));
  loop_.RunFor(0.1);
  EXPECT_EQ((owner_.failures[{job, 0}].code()), StatusCode::kInvalidArgument);
  EXPECT_EQ(forwarder_->counters().resent_rows, 0u);
}

TEST_F(ForwarderTest, CancellationReachesTheReceiver) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  forwarder_->Cancel(job);
  loop_.RunFor(0.01);
  EXPECT_EQ(Holder().cancelled, std::vector<std::uint64_t>{Holder().tasks[0].id});
  Holder().Answer(Holder().tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_TRUE(owner_.answers.empty());
}

TEST_F(ForwarderTest, ADrainingReceiverGetsNothingNewButMayFinish) {
  const JobId first = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  ScriptedReceiver& draining = Holder();
  Report report;
  report.accepting = false;
  draining.Tell(report);
  loop_.RunFor(0.01);
  for (int i = 0; i < 4; ++i) (void)forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  EXPECT_EQ(draining.tasks.size(), 1u);
  draining.Answer(draining.tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{first, 0}]), 1);
}

TEST_F(ForwarderTest, AReceiverWhoseEngineStandsStillIsLeft) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  ScriptedReceiver& stuck = Holder();
  ScriptedReceiver& other = Other();
  Report report;
  report.progressing = false;
  stuck.Tell(report);
  loop_.RunFor(0.01);
  ASSERT_EQ(other.tasks.size(), 1u);
  other.Answer(other.tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
}

TEST_F(ForwarderTest, AnswersForRowsThatWereNeverSentAreIgnored) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  TaskFrame forged = Holder().tasks[0];
  forged.rows.resize(3);
  forged.tensors.clear();
  Holder().Answer(forged);
  loop_.RunFor(0.01);
  EXPECT_TRUE(owner_.answers.empty());
  Holder().Answer(Holder().tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
}

}  // namespace
}  // namespace offramp
