// A node of any stage twice: as a process runs it (AgentRunner, Forwarder and sessions over the
// in-memory network and a manual clock), and as the simulator's LivePart. Both hear the same.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/clock.h"
#include "offramp/base/random.h"
#include "offramp/offload/agent_runner.h"
#include "offramp/offload/forwarder.h"
#include "offramp/offload/offloader_sessions.h"
#include "offramp/optimize/reliability.h"
#include "offramp/simulate/live_part.h"
#include "offramp/wire/manual_loop.h"
#include "offramp/wire/memory_transport.h"
#include "tests/fakes/test_hello.h"

namespace offramp {

inline constexpr int kParityStages = 3;
inline constexpr double kParityPeriod_s = 0.1;
inline constexpr std::uint64_t kParitySeed = 11;

inline std::shared_ptr<const ExitProfile> ParityRows() {
  Random random(3);
  std::vector<std::vector<float>> confidence(kParityStages);
  std::vector<std::vector<float>> correct(kParityStages);
  for (int r = 0; r < 400; ++r) {
    const double ease = random.Uniform();
    for (std::size_t h = 0; h < kParityStages; ++h) {
      const double right = 0.4 + 0.5 * ease + 0.05 * static_cast<double>(h);
      correct[h].push_back(random.Chance(right) ? 1.0F : 0.0F);
      if (h + 1 < kParityStages) confidence[h].push_back(static_cast<float>(right));
    }
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

// A gateway in front of the node: keeps the agents' messages that it is sent.
class Listener final : public ConnectionHandler {
 public:
  Listener(MemoryNetwork& network, const std::string& name, int stage)
      : transport_(network.MakeTransport(name)) {
    connection_ = transport_->Connect("node", this);
    connection_->Send(TestHello(name, stage));
  }
  void OnFrame(Connection& /*connection*/, Frame frame) override {
    if (auto* message = std::get_if<AgentMessage>(&frame)) messages.push_back(std::move(*message));
  }
  void OnClosed(Connection& /*connection*/, Status why) override {
    ADD_FAILURE() << "closed: " << why;
  }

  std::deque<AgentMessage> messages;

 private:
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Connection> connection_;
};

// A replica behind the node: keeps its tasks until the test lets it acknowledge them.
class Behind final : public OffloaderSessionsOwner {
 public:
  Behind(MemoryNetwork& network, EventLoop& loop, const std::string& name, int stage)
      : transport_(network.MakeTransport(name)),
        sessions_(TestHello(name, stage), {"node"}, loop, *this) {
    EXPECT_TRUE(transport_
                    ->Listen(name,
                             [this](std::unique_ptr<Connection> connection) {
                               return sessions_.Accept(std::move(connection));
                             })
                    .ok());
  }
  void OnOffloaderUp(SessionId session, int /*offloader*/) override {
    session_ = session;
    Say(Report{});
  }
  void OnOffloaderDown(SessionId /*session*/, int /*offloader*/) override {}
  void OnTask(SessionId /*session*/, TaskFrame task) override { tasks.push_back(task.id); }
  void OnCancel(SessionId /*session*/, std::uint64_t /*parcel*/) override {}

  void Say(Frame frame) { sessions_.Send(session_, std::move(frame)); }

  std::deque<std::uint64_t> tasks;

 private:
  std::unique_ptr<Transport> transport_;
  OffloaderSessions sessions_;
  SessionId session_ = 0;
};

class SilentOwner final : public OffloaderSessionsOwner, public ForwarderOwner {
 public:
  void OnOffloaderUp(SessionId, int) override {}
  void OnOffloaderDown(SessionId, int) override {}
  void OnTask(SessionId, TaskFrame) override {}
  void OnCancel(SessionId, std::uint64_t) override {}
  void OnRowsAnswered(JobId, const std::vector<std::uint32_t>&, AnswerFrame) override {}
  void OnRowsFailed(JobId, const std::vector<std::uint32_t>&, const Status& why,
                    std::uint32_t) override {
    ADD_FAILURE() << why;
  }
  void OnAgentMessage(int, const AgentMessage&) override {}
};

// A node of `stage` (0: a gateway), real and simulated, side by side.
class Twins {
 public:
  Twins(Policy policy, int stage, Objective objective)
      : loop_(&clock_),
        network_(&loop_),
        transport_(network_.MakeTransport("node")),
        sessions_(TestHello("node", stage), {"up0", "up1"}, loop_, owner_) {
    if (stage > 0) {
      EXPECT_TRUE(transport_
                      ->Listen("node",
                               [this](std::unique_ptr<Connection> connection) {
                                 return sessions_.Accept(std::move(connection));
                               })
                      .ok());
      for (const std::string name : {"up0", "up1"}) {
        up_.push_back(std::make_unique<Listener>(network_, name, stage - 1));
      }
    }
    std::vector<ReceiverSpec> specs;
    for (const std::string name : {"a", "b"}) {
      behind_.push_back(std::make_unique<Behind>(network_, loop_, name, stage + 1));
      specs.push_back({.name = name, .capacity_tasks_per_s = name == "a" ? 40.0 : 25.0});
    }
    AgentRunnerOptions real;
    real.policy = policy;
    real.stage = stage;
    real.offloaders = static_cast<int>(up_.size());
    real.receivers = 2;
    real.period_s = kParityPeriod_s;
    real.objective = objective;
    real.threshold = 0.8;
    real.expected_service_s = 0.02;
    real.row_bytes = 1;
    real.seed = kParitySeed;
    forwarder_ = std::make_unique<Forwarder>(
        TestHello("node", stage), Sender(policy, specs, kParitySeed), loop_, *transport_,
        [](const std::string& name) { return std::optional(name); }, owner_, ForwarderOptions{});
    forwarder_->Start();
    loop_.RunFor(0.01);
    runner_ = std::make_unique<AgentRunner>(real, ParityRows(), loop_);

    LiveAgentOptions simulated;
    simulated.policy = policy;
    simulated.stage = stage;
    simulated.offloaders = real.offloaders;
    simulated.receivers = real.receivers;
    simulated.admission = true;
    simulated.period_s = kParityPeriod_s;
    simulated.objective = objective;
    simulated.threshold = runner_->exit_rule().threshold();
    simulated.expected_service_s = 0.02;
    simulated.row_bytes = 1;
    simulated.seed = kParitySeed;
    simulated.start_s = loop_.NowSeconds();
    part_ = std::make_unique<LivePart>(simulated, specs, WithExpectedCorrectness(ParityRows()));
    for (int k = 0; k < 2; ++k) {
      part_->sender().OnConnected(k, 0);
      part_->OnReport(k, Report{}, 0);
      part_->sender().SetAvailable(k, true, 0);
    }
    runner_->Start(stage > 0 ? &sessions_ : nullptr, forwarder_.get());
    ScheduleRound(kParityPeriod_s);
  }

  double now_s() const { return loop_.NowSeconds(); }
  void Run(double seconds) { loop_.RunFor(seconds); }

  void Arrive(int offloader, std::vector<float> survived, double weight_s) {
    TaskRow row;
    row.survived = survived;
    runner_->OnArrival(offloader, std::vector<TaskRow>{row}, weight_s);
    if (part_->OnArrival(offloader, survived, weight_s, now_s())) ScheduleRound(kParityPeriod_s);
  }

  void Offer() {
    runner_->OnOffered(1);
    if (part_->OnOffered()) ScheduleRound(kParityPeriod_s);
  }

  void Serve(double waited_s, double service_s) {
    runner_->OnServed(service_s, 1);
    runner_->OnWaited(waited_s);
    part_->OnServed(waited_s, service_s);
  }

  void SendOn() {
    const std::size_t before[2] = {behind_[0]->tasks.size(), behind_[1]->tasks.size()};
    runner_->OnSurvived(1);
    OutJob job;
    job.deadline_at_s = now_s() + 1000;
    job.rows.resize(1);
    Tensor tensor;
    tensor.name = "x";
    tensor.datatype = DataType::kUint8;
    tensor.shape = {1, 1};
    tensor.data = Buffer::CopyOf(std::string("0"));
    job.tensors.push_back(std::move(tensor));
    (void)forwarder_->Submit(std::move(job));

    part_->OnSurvived();
    const int chosen = part_->sender().Choose(now_s(), 1, {});
    part_->OnSent(chosen, now_s());
    sent_s_[static_cast<std::size_t>(chosen)].push_back(now_s());
    loop_.RunFor(0);
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t expected = before[k] + (static_cast<int>(k) == chosen ? 1 : 0);
      ASSERT_EQ(behind_[k]->tasks.size(), expected) << "receiver " << k << " at " << now_s();
    }
  }

  // The oldest task at receiver k is done.
  void Acknowledge(std::size_t k, Report report) {
    if (sent_s_[k].empty()) return;
    const double sent_s = sent_s_[k].front();
    sent_s_[k].pop_front();
    AckFrame ack;
    ack.id = behind_[k]->tasks.front();
    behind_[k]->tasks.pop_front();
    ack.at_receiver_s = static_cast<float>(0.7 * (now_s() - sent_s));
    ack.report = report;
    behind_[k]->Say(ack);
    loop_.RunFor(0);
    const double there_s = static_cast<double>(ack.at_receiver_s);
    const int slot = static_cast<int>(k);
    part_->OnStageDone(slot, sent_s, std::max(now_s() - sent_s - there_s, 0.0), now_s());
    part_->OnReport(slot, report, now_s());
  }

  void Tell(std::size_t k, const Report& report) {
    behind_[k]->Say(report);
    loop_.RunFor(0);
    part_->OnReport(static_cast<int>(k), report, now_s());
  }

  void TellPrice(int k, const AgentMessage& message) {
    runner_->OnAgentMessage(k, message);
    part_->OnAgentMessage(k, message);
  }

  void Answered(int exit_stage, double confidence, double delay_s) {
    runner_->OnAnswered(exit_stage, confidence, delay_s);
    part_->OnAnswered(exit_stage, confidence, delay_s);
  }

  void ExpectAlike() {
    ASSERT_EQ(runner_->rounds(), part_->round());
    ASSERT_EQ(runner_->shares(), part_->agent().shares());
    ASSERT_EQ(runner_->Threshold(now_s()), part_->Threshold(now_s())) << "at " << now_s();
    ASSERT_EQ(runner_->exit_rule().threshold(), part_->exit_rule().threshold());
    ASSERT_EQ(runner_->arrival_rate_per_s(), part_->arrival_rate_per_s());
    ASSERT_EQ(runner_->accuracy_weight_s(), part_->accuracy_weight_s());
    ASSERT_EQ(runner_->carried_weight_s(), part_->carried_weight_s());
    ASSERT_EQ(runner_->admitted_fraction(), part_->admitted_fraction());
    for (int k = 0; k < 2; ++k) {
      const ReceiverState& real = forwarder_->sender().receiver(k);
      const ReceiverState& simulated = part_->sender().receiver(k);
      ASSERT_EQ(real.share, simulated.share);
      ASSERT_EQ(real.weight, simulated.weight);
      ASSERT_EQ(real.downstream_cost_s, simulated.downstream_cost_s);
      ASSERT_EQ(real.deficit, simulated.deficit);
      ASSERT_EQ(real.outstanding, simulated.outstanding);
      ASSERT_EQ(real.idle_at_s, simulated.idle_at_s);
    }
    for (std::size_t i = 0; i < up_.size(); ++i) {
      ASSERT_EQ(up_[i]->messages.size(), said_[i].size());
      while (!said_[i].empty()) {
        ExpectSame(up_[i]->messages.front(), said_[i].front());
        up_[i]->messages.pop_front();
        said_[i].pop_front();
        ++compared_;
      }
    }
  }

  int compared() const { return compared_; }

 private:
  static void ExpectSame(const AgentMessage& a, const AgentMessage& b) {
    EXPECT_EQ(a.stage, b.stage);
    EXPECT_EQ(a.visit_delay_s, b.visit_delay_s);
    EXPECT_EQ(a.thresholds, b.thresholds);
    EXPECT_EQ(a.curvature, b.curvature);
    EXPECT_EQ(a.headroom, b.headroom);
    EXPECT_EQ(a.excess, b.excess);
    EXPECT_EQ(a.weight, b.weight);
    EXPECT_EQ(a.flow, b.flow);
    EXPECT_EQ(a.stamp, b.stamp);
    EXPECT_EQ(a.own_marginal_s, b.own_marginal_s);
    EXPECT_EQ(a.accuracy_weight_s, b.accuracy_weight_s);
  }

  void ScheduleRound(double in_s) {
    loop_.Cancel(timer_);
    timer_ = loop_.RunAt(now_s() + in_s, [this] {
      timer_ = 0;
      part_->BeginRound(now_s());
      for (std::size_t i = 0; i < up_.size(); ++i) {
        AgentMessage message = part_->MessageTo(static_cast<int>(i));
        if (message.stage > 0) said_[i].push_back(std::move(message));
      }
      ScheduleRound(part_->EndRound());
    });
  }

  ManualClock clock_;
  ManualLoop loop_;
  MemoryNetwork network_;
  std::unique_ptr<Transport> transport_;
  SilentOwner owner_;
  OffloaderSessions sessions_;
  std::vector<std::unique_ptr<Listener>> up_;
  std::vector<std::unique_ptr<Behind>> behind_;
  std::unique_ptr<Forwarder> forwarder_;
  std::unique_ptr<AgentRunner> runner_;
  std::unique_ptr<LivePart> part_;
  EventLoop::TimerId timer_ = 0;
  std::deque<double> sent_s_[2];
  std::deque<AgentMessage> said_[2];
  int compared_ = 0;
};

}  // namespace offramp
