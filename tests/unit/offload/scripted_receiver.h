// A forwarder in memory with two receivers that do what the test says: shared by its tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/clock.h"
#include "offramp/offload/forwarder.h"
#include "offramp/offload/offloader_sessions.h"
#include "offramp/wire/manual_loop.h"
#include "offramp/wire/memory_transport.h"

namespace offramp {

inline Hello TestHello(const std::string& name, int stage) {
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
        sessions_(TestHello(name, 1), {"gw0"}, loop, *this) {
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
    std::vector<std::uint32_t> rows(task.rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i);
    AnswerRows(task, rows);
  }

  // In the order of `rows`, whatever they are.
  void AnswerRows(const TaskFrame& task, const std::vector<std::uint32_t>& rows) {
    AnswerFrame answer;
    answer.id = task.id;
    answer.rows = rows;
    answer.confidence.assign(rows.size(), 0.9F);
    answer.exit_stage = 1;
    answer.path = {{name_, 0, 0}};
    for (const Tensor& tensor : task.tensors) {
      const std::vector<std::int64_t> positions(rows.begin(), rows.end());
      answer.tensors.push_back(GatherRows(tensor, positions));
    }
    sessions_.Send(session_, std::move(answer));
  }

  void Refuse(const TaskFrame& task, Status why) {
    std::vector<std::uint32_t> rows(task.rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i);
    RefuseRows(task, rows, std::move(why));
  }

  void RefuseRows(const TaskFrame& task, const std::vector<std::uint32_t>& rows, Status why) {
    RefuseFrame refuse;
    refuse.id = task.id;
    refuse.rows = rows;
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

class ForwarderFixture : public ::testing::Test {
 protected:
  explicit ForwarderFixture(ForwarderOptions options = {})
      : loop_(&clock_), network_(&loop_), transport_(network_.MakeTransport("gw0")) {
    std::vector<ReceiverSpec> specs;
    for (const std::string name : {"a", "b"}) {
      AddReceiver(name);
      ReceiverSpec spec;
      spec.name = name;
      specs.push_back(spec);
    }
    forwarder_ = std::make_unique<Forwarder>(
        TestHello("gw0", 0), Sender(Policy::kRoundRobin, specs, 1), loop_, *transport_,
        [](const std::string& name) { return std::optional(name); }, owner_, options);
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

}  // namespace offramp
