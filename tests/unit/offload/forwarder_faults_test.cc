// Where rows go when receivers refuse, die halfway, lead nowhere or say nonsense.
#include <string>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "tests/unit/offload/scripted_receiver.h"

namespace offramp {
namespace {

using ForwarderFaultsTest = ForwarderFixture;

Report WithoutWayOn() {
  Report report;
  report.reaches_end = false;
  return report;
}

TEST_F(ForwarderFaultsTest, ARowGivenBackIsNotSentAgainWhenItsFirstReceiverDies) {
  const JobId job = forwarder_->Submit(Job(4));
  loop_.RunFor(0.01);
  ASSERT_EQ(receiver("a").tasks.at(0).rows.size(), 2u);
  receiver("a").RefuseRows(receiver("a").tasks[0], {0}, ResourceExhaustedError("full"));
  loop_.RunFor(0.01);
  ASSERT_EQ(receiver("b").tasks.size(), 2u);
  receivers_.erase("a");
  loop_.RunFor(0.01);
  ASSERT_EQ(receiver("b").tasks.size(), 3u);
  EXPECT_EQ(receiver("b").tasks[2].rows.size(), 1u);
  EXPECT_EQ(forwarder_->counters().resent_rows, 2u);
  for (const TaskFrame& task : receiver("b").tasks) receiver("b").Answer(task);
  loop_.RunFor(0.01);
  for (std::uint32_t row = 0; row < 4; ++row) EXPECT_EQ((owner_.answers[{job, row}]), 1);
}

TEST_F(ForwarderFaultsTest, AnAnswerThatNamesARowTwiceCountsOnceAndStaysWhole) {
  const JobId job = forwarder_->Submit(Job(4));
  loop_.RunFor(0.01);
  receiver("a").AnswerRows(receiver("a").tasks.at(0), {1, 1});
  loop_.RunFor(0.01);
  EXPECT_EQ(owner_.answers.size(), 1u);
  EXPECT_EQ(owner_.last_answer.confidence.size(), 1u);
  EXPECT_EQ(owner_.last_answer.tensors.at(0).rows(), 1);
  // The row that it did not name is still awaited.
  receiver("a").AnswerRows(receiver("a").tasks[0], {0});
  receiver("b").Answer(receiver("b").tasks.at(0));
  loop_.RunFor(0.01);
  for (std::uint32_t row = 0; row < 4; ++row) EXPECT_EQ((owner_.answers[{job, row}]), 1);
}

TEST_F(ForwarderFaultsTest, ARefusalThatNamesARowTwiceSpendsOneResend) {
  (void)forwarder_->Submit(Job(4));
  loop_.RunFor(0.01);
  receiver("a").RefuseRows(receiver("a").tasks.at(0), {1, 1}, UnavailableError("draining"));
  loop_.RunFor(0.01);
  EXPECT_EQ(forwarder_->counters().resent_rows, 1u);
  ASSERT_EQ(receiver("b").tasks.size(), 2u);
  EXPECT_EQ(receiver("b").tasks[1].rows.size(), 1u);
}

TEST_F(ForwarderFaultsTest, AWrongTaskIsNoReasonToAvoidWhoeverSaysSo) {
  const JobId job = forwarder_->Submit(Job(4));
  loop_.RunFor(0.01);
  receiver("a").RefuseRows(receiver("a").tasks.at(0), {0}, InvalidArgumentError("no such word"));
  receiver("b").RefuseRows(receiver("b").tasks.at(0), {0}, UnavailableError("draining"));
  loop_.RunFor(0.01);
  EXPECT_EQ(forwarder_->sender().receiver(0).penalty_s, 0);
  EXPECT_GT(forwarder_->sender().receiver(1).penalty_s, 0);
  EXPECT_EQ((owner_.failures.size()), 1u);
  EXPECT_EQ(owner_.failures.begin()->first.first, job);
  EXPECT_EQ(owner_.failures.begin()->second.code(), StatusCode::kInvalidArgument);
}

TEST_F(ForwarderFaultsTest, WhatEveryReplicaFailsOnIsOurFaultAndNotToBeTriedAgain) {
  const JobId job = forwarder_->Submit(Job(1));
  for (int i = 0; i < 200; ++i) {
    loop_.RunFor(0.05);
    for (const char* name : {"a", "b"}) {
      for (const TaskFrame& task : std::exchange(receiver(name).tasks, {})) {
        receiver(name).Refuse(task, InternalError("no memory"));
      }
      receiver(name).Tell({});
    }
  }
  EXPECT_EQ((owner_.failures[{job, 0}].code()), StatusCode::kInternal);
}

TEST_F(ForwarderFaultsTest, AReceiverWithoutAWayOnIsAvoidedWhileAnotherHasOne) {
  receiver("a").Tell(WithoutWayOn());
  loop_.RunFor(0.01);
  for (int i = 0; i < 4; ++i) (void)forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  EXPECT_EQ(receiver("a").tasks.size(), 0u);
  EXPECT_EQ(receiver("b").tasks.size(), 4u);
  // Nobody has one: early exits can still be answered.
  receiver("b").Tell(WithoutWayOn());
  loop_.RunFor(0.01);
  for (int i = 0; i < 4; ++i) (void)forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  EXPECT_EQ(receiver("a").tasks.size(), 2u);
  EXPECT_EQ(receiver("b").tasks.size(), 6u);
}

TEST_F(ForwarderFaultsTest, WhatAReceiverWithoutAWayOnHoldsGoesToAnother) {
  const JobId job = forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  ScriptedReceiver& stranded = Holder();
  ScriptedReceiver& other = Other();
  stranded.Tell(WithoutWayOn());
  loop_.RunFor(0.1);
  EXPECT_EQ(other.tasks.size(), 0u);  // it may be over in a moment
  for (int i = 0; i < 6; ++i) {
    stranded.Tell(WithoutWayOn());
    other.Tell({});
    loop_.RunFor(0.1);
  }
  ASSERT_EQ(other.tasks.size(), 1u);
  other.Answer(other.tasks[0]);
  stranded.Answer(stranded.tasks[0]);
  loop_.RunFor(0.01);
  EXPECT_EQ((owner_.answers[{job, 0}]), 1);
}

TEST_F(ForwarderFaultsTest, WhereAWholeStageIsGoneNothingIsSentAround) {
  (void)forwarder_->Submit(Job(1));
  loop_.RunFor(0.01);
  for (int i = 0; i < 20; ++i) {
    receiver("a").Tell(WithoutWayOn());
    receiver("b").Tell(WithoutWayOn());
    loop_.RunFor(0.1);
  }
  EXPECT_EQ(receiver("a").tasks.size() + receiver("b").tasks.size(), 1u);
}

TEST_F(ForwarderFaultsTest, FullReplicasAreAskedLessAndLessOften) {
  receivers_.erase("b");
  loop_.RunFor(0.01);
  const JobId job = forwarder_->Submit(Job(1));
  std::vector<double> asked_at_s;
  for (int i = 0; i < 100; ++i) {
    loop_.RunFor(0.01);
    for (const TaskFrame& task : std::exchange(receiver("a").tasks, {})) {
      asked_at_s.push_back(loop_.NowSeconds());
      receiver("a").Refuse(task, ResourceExhaustedError("full"));
    }
  }
  ASSERT_EQ(asked_at_s.size(), 4u);
  EXPECT_GT(asked_at_s[2] - asked_at_s[1], 2 * (asked_at_s[1] - asked_at_s[0]));
  EXPECT_GT(asked_at_s[3] - asked_at_s[2], 2 * (asked_at_s[2] - asked_at_s[1]));
  EXPECT_EQ((owner_.failures[{job, 0}].code()), StatusCode::kUnavailable);
}

TEST_F(ForwarderFaultsTest, WhoeverComesBackIsAskedAtOnceHoweverLongARowShouldWait) {
  receivers_.erase("b");
  loop_.RunFor(0.01);
  (void)forwarder_->Submit(Job(1));
  for (int i = 0; i < 15; ++i) {
    loop_.RunFor(0.01);
    for (const TaskFrame& task : std::exchange(receiver("a").tasks, {})) {
      receiver("a").Refuse(task, ResourceExhaustedError("full"));
    }
  }
  ASSERT_EQ(forwarder_->parked(), 1u);
  AddReceiver("b");
  loop_.RunFor(0.12);
  EXPECT_EQ(receiver("b").tasks.size(), 1u);
}

// Whatever happens, the sender's picture returns to nothing outstanding.
TEST_F(ForwarderFaultsTest, CountsReturnToZeroAfterAnything) {
  Random random(7);
  std::vector<JobId> jobs;
  for (int i = 0; i < 400; ++i) {
    jobs.push_back(forwarder_->Submit(Job(1 + random.Below(5), 3)));
    loop_.RunFor(random.Exponential(0.01));
    const std::string name = random.Chance(0.5) ? "a" : "b";
    for (const TaskFrame& task : std::exchange(receiver(name).tasks, {})) {
      if (random.Chance(0.1)) receiver(name).Refuse(task, UnavailableError("draining"));
      if (random.Chance(0.7)) receiver(name).Answer(task);
      if (random.Chance(0.1)) receiver(name).RefuseRows(task, {0, 0}, InternalError("broken"));
    }
    if (random.Chance(0.1)) forwarder_->Cancel(jobs[random.Below(jobs.size())]);
    if (random.Chance(0.05)) network_.Freeze(name);
    if (random.Chance(0.1)) network_.Thaw("a");
    if (random.Chance(0.1)) network_.Thaw("b");
    if (random.Chance(0.02)) network_.Cut("gw0", name);
  }
  network_.Thaw("a");
  network_.Thaw("b");
  loop_.RunFor(10);
  EXPECT_EQ(forwarder_->jobs(), 0u);
  EXPECT_EQ(forwarder_->parked(), 0u);
  EXPECT_EQ(forwarder_->sender().receiver(0).outstanding, 0);
  EXPECT_EQ(forwarder_->sender().receiver(1).outstanding, 0);
  for (const auto& [row, count] : owner_.answers) EXPECT_EQ(count, 1);
}

class ForwarderParcelTest : public ForwarderFixture {
 protected:
  static ForwarderOptions Small() {
    ForwarderOptions options;
    options.max_parcel_bytes = 150;  // two rows of one byte and their overhead
    return options;
  }
  ForwarderParcelTest() : ForwarderFixture(Small()) {}
};

TEST_F(ForwarderParcelTest, RowsBeyondWhatAFrameMayHoldTravelInSeveral) {
  const JobId job = forwarder_->Submit(Job(10));
  loop_.RunFor(0.01);
  for (const std::string name : {"a", "b"}) {
    ASSERT_EQ(receiver(name).tasks.size(), 3u);  // 2 + 2 + 1
    for (const TaskFrame& task : receiver(name).tasks) {
      EXPECT_LE(task.rows.size(), 2u);
      receiver(name).Answer(task);
    }
  }
  loop_.RunFor(0.01);
  for (std::uint32_t row = 0; row < 10; ++row) EXPECT_EQ((owner_.answers[{job, row}]), 1);
}

}  // namespace
}  // namespace offramp
