// What an agent's rounds measure and when they run, in any policy.
#include "offramp/offload/agent_runner.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/offload/scripted_receiver.h"

namespace offramp {
namespace {

std::shared_ptr<const ExitProfile> Profile() {
  std::vector<std::vector<float>> confidence(2);
  std::vector<std::vector<float>> correct(2);
  for (int i = 0; i < 100; ++i) {
    confidence[0].push_back(static_cast<float>(i) / 100);
    correct[0].push_back(i > 50 ? 1.0F : 0.0F);
    correct[1].push_back(1.0F);
  }
  return std::make_shared<ExitProfile>(confidence, correct);
}

AgentRunnerOptions OptionsOf(Policy policy, int stage) {
  AgentRunnerOptions options;
  options.policy = policy;
  options.stage = stage;
  options.offloaders = stage == 0 ? 0 : 2;
  options.receivers = 2;
  options.threshold = 0.8;
  options.expected_service_s = 0.01;
  return options;
}

class AgentRunnerTest : public ForwarderFixture {
 protected:
  void Make(AgentRunnerOptions options, std::shared_ptr<const ExitProfile> profile = Profile()) {
    runner_ = std::make_unique<AgentRunner>(options, std::move(profile), loop_);
    runner_->Start(nullptr, forwarder_.get());
  }

  void Arrive(double seconds, int per_s) {
    const std::vector<TaskRow> row(1);
    for (int i = 0; i < static_cast<int>(seconds * per_s); ++i) {
      HearReceivers();
      runner_->OnArrival(0, row);
      loop_.RunFor(1.0 / per_s);
    }
  }

  // Receivers of stage 2, the last, alike.
  void HearReceivers() {
    AgentMessage message;
    message.stage = 2;
    message.visit_delay_s = {0.02};
    message.curvature = 1e-3;
    message.headroom = 50;
    message.stamp = ++stamp_;
    for (int k = 0; k < 2; ++k) runner_->OnAgentMessage(k, message);
  }

  std::unique_ptr<AgentRunner> runner_;
  std::uint64_t stamp_ = 0;
};

TEST_F(AgentRunnerTest, RatesAndServiceAreMeasured) {
  Make(OptionsOf(Policy::kDtoEe, 1));
  for (int i = 0; i < 200; ++i) runner_->OnServed(0.02, 1);
  Arrive(3, 20);
  EXPECT_NEAR(runner_->arrival_rate_per_s(), 20, 1);
  EXPECT_NEAR(runner_->service_s(), 0.02, 1e-4);
  EXPECT_NEAR(runner_->utilisation(), 0.4, 0.05);
}

TEST_F(AgentRunnerTest, FlowsAreThoseThatWereSent) {
  Make(OptionsOf(Policy::kRoundRobin, 0));
  for (int i = 0; i < 60; ++i) {
    runner_->OnOffered(1);
    runner_->OnSurvived(1);
    (void)forwarder_->Submit(Job(1));
    loop_.RunFor(0.05);
    for (const std::string name : {"a", "b"}) {
      for (const TaskFrame& task : std::exchange(receiver(name).tasks, {})) {
        receiver(name).Answer(task);
      }
    }
  }
  EXPECT_NEAR(runner_->flow_per_s(0), 10, 1);
  EXPECT_NEAR(runner_->flow_per_s(1), 10, 1);
  EXPECT_NEAR(runner_->arrival_rate_per_s(), 20, 2);
  EXPECT_EQ(runner_->admitted_fraction(), 1);
}

TEST_F(AgentRunnerTest, WithoutTasksRoundsAreRareAndTheFirstTaskWakesThem) {
  Make(OptionsOf(Policy::kDtoEe, 1));
  Arrive(1, 20);
  loop_.RunFor(30);
  const std::uint64_t before = runner_->rounds();
  loop_.RunFor(10);
  EXPECT_LE(runner_->rounds() - before, 11u);
  runner_->OnArrival(0, std::vector<TaskRow>(1));
  const std::uint64_t woken = runner_->rounds();
  loop_.RunFor(0.101);
  EXPECT_EQ(runner_->rounds() - woken, 1u);
  Arrive(1, 20);
  EXPECT_GE(runner_->rounds() - woken, 10u);
}

TEST_F(AgentRunnerTest, OnlyDtoEeMovesThresholdsAndShares) {
  Make(OptionsOf(Policy::kLeastOutstanding, 1));
  Arrive(2, 20);
  EXPECT_EQ(runner_->Threshold(loop_.NowSeconds()), 0.8);
  EXPECT_EQ(forwarder_->sender().receiver(0).share, 0);
  EXPECT_GE(runner_->rounds(), 19u);
}

TEST_F(AgentRunnerTest, DtoEeAppliesItsShares) {
  Make(OptionsOf(Policy::kDtoEe, 1));
  Arrive(2, 20);
  double total = 0;
  for (int k = 0; k < 2; ++k) total += forwarder_->sender().receiver(k).share;
  EXPECT_NEAR(total, 1, 1e-6);
  EXPECT_TRUE(runner_->has_exit());
}

TEST_F(AgentRunnerTest, NoExitNeverExits) {
  AgentRunnerOptions options = OptionsOf(Policy::kNoExit, 1);
  options.threshold = kNeverExit;
  Make(options);
  Arrive(2, 20);
  EXPECT_EQ(runner_->Threshold(loop_.NowSeconds()), kNeverExit);
}

TEST_F(AgentRunnerTest, AModelWithoutProfileNeverExitsAndIsStillBalanced) {
  Make(OptionsOf(Policy::kDtoEe, 1), nullptr);
  Arrive(2, 20);
  EXPECT_FALSE(runner_->has_exit());
  EXPECT_EQ(runner_->Threshold(loop_.NowSeconds()), kNeverExit);
  EXPECT_NEAR(forwarder_->sender().receiver(0).share, 0.5, 0.2);
}

TEST_F(AgentRunnerTest, TasksOfUnknownOffloadersDoNoHarm) {
  Make(OptionsOf(Policy::kDtoEe, 1));
  runner_->OnArrival(-1, std::vector<TaskRow>(1));
  runner_->OnArrival(99, std::vector<TaskRow>(1));
  loop_.RunFor(1);
  EXPECT_EQ(runner_->arrival_rate_per_s(), 0);
}

TEST_F(AgentRunnerTest, AGatewaySteersTheWeightThatItsTasksCarry) {
  AgentRunnerOptions options = OptionsOf(Policy::kDtoEe, 0);
  options.objective.min_accuracy = 0.9;
  Make(options);
  EXPECT_EQ(runner_->carried_weight_s(), 1) << "where it starts";
  // All leave early, at a confidence that the profile has seen right in none of its rows.
  for (int i = 0; i < 200; ++i) {
    runner_->OnOffered(1);
    runner_->OnAnswered(1, 0.3, 0.01);
    loop_.RunFor(0.02);
  }
  EXPECT_GT(runner_->carried_weight_s(), 1.3);
  EXPECT_EQ(runner_->carried_weight_s(), runner_->accuracy_weight_s());
  EXPECT_LT(runner_->objective().accuracy(), 0.1);
}

TEST_F(AgentRunnerTest, AnObjectiveOutOfReachIsSaidOnce) {
  AgentRunnerOptions options = OptionsOf(Policy::kDtoEe, 0);
  options.objective.max_mean_delay_s = 0.005;
  std::vector<bool> said;
  options.on_objective = [&](bool met) { said.push_back(met); };
  Make(options);
  for (int i = 0; i < 2500; ++i) {
    runner_->OnOffered(1);
    runner_->OnAnswered(1, 0.9, 0.01);
    loop_.RunFor(0.02);
  }
  EXPECT_EQ(said, std::vector<bool>{false});
}

TEST_F(AgentRunnerTest, AFixedWeightIsNotCarriedNorOneThatNobodyFollows) {
  AgentRunnerOptions options = OptionsOf(Policy::kDtoEe, 0);
  options.objective.accuracy_weight_s = 3;
  Make(options);
  EXPECT_EQ(runner_->accuracy_weight_s(), 3);
  EXPECT_EQ(runner_->carried_weight_s(), 0);
  options = OptionsOf(Policy::kRoundRobin, 0);
  options.objective.min_accuracy = 0.9;
  Make(options);
  EXPECT_EQ(runner_->carried_weight_s(), 0);
}

TEST_F(AgentRunnerTest, ANodeUsesWhatTasksCarry) {
  Make(OptionsOf(Policy::kDtoEe, 1));
  Arrive(1, 20);
  EXPECT_EQ(runner_->accuracy_weight_s(), 1) << "they carry none: the file's";
  for (int i = 0; i < 100; ++i) {
    HearReceivers();
    runner_->OnArrival(0, std::vector<TaskRow>(3), 2.0);
    runner_->OnArrival(1, std::vector<TaskRow>(1), 6.0);
    loop_.RunFor(0.05);
  }
  EXPECT_NEAR(runner_->accuracy_weight_s(), 3, 0.05);
}

TEST_F(AgentRunnerTest, NothingRunsAfterItsEnd) {
  Make(OptionsOf(Policy::kDtoEe, 1));
  loop_.RunFor(0.25);
  runner_.reset();
  loop_.RunFor(5);
}

}  // namespace
}  // namespace offramp
