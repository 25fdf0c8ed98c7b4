#include "offramp/offload/forwarder.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/offload/scripted_receiver.h"

namespace offramp {
namespace {

using ForwarderTest = ForwarderFixture;

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

// Receivers report at rest too: one that does not is frozen, and must not look free.
TEST_F(ForwarderTest, ASilentReceiverThatOwesNothingIsSuspectedWithinASecond) {
  loop_.RunFor(0.7);
  EXPECT_TRUE(forwarder_->sender().receiver(0).available);
  loop_.RunFor(0.4);
  EXPECT_FALSE(forwarder_->sender().receiver(0).available);
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.1);
  EXPECT_EQ((owner_.answers[{job, 0}]), 0);
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
