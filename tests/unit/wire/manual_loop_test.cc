#include "offramp/wire/manual_loop.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace offramp {
namespace {

class ManualLoopTest : public ::testing::Test {
 protected:
  EventLoop::Task Log(char what) {
    return [this, what] { log_ += what; };
  }

  ManualClock clock_{100.0};
  ManualLoop loop_{&clock_};
  std::string log_;
};

TEST_F(ManualLoopTest, NothingRunsByItself) {
  EXPECT_TRUE(loop_.Post(Log('p')));
  loop_.RunAt(100.0, Log('t'));
  EXPECT_EQ(log_, "");
  EXPECT_EQ(loop_.RunPending(), 2);
  EXPECT_EQ(log_, "pt");
  EXPECT_EQ(loop_.RunPending(), 0);
}

TEST_F(ManualLoopTest, TimersRunByTimeThenByOrderOfSetting) {
  loop_.RunAt(102.0, Log('c'));
  loop_.RunAt(101.0, Log('a'));
  loop_.RunAt(102.0, Log('d'));
  loop_.RunAt(101.5, Log('b'));
  loop_.RunAt(99.0, Log('0'));  // in the past: at once
  EXPECT_EQ(loop_.next_timer_s(), 99.0);
  loop_.RunUntil(101.9);
  EXPECT_EQ(log_, "0ab");
  loop_.RunUntil(102.0);
  EXPECT_EQ(log_, "0abcd");
  EXPECT_EQ(loop_.NowSeconds(), 102.0);
}

TEST_F(ManualLoopTest, TimersSeeTheirOwnTime) {
  double seen_s = 0;
  loop_.RunAt(103.0, [&] { seen_s = loop_.NowSeconds(); });
  loop_.RunUntil(110.0);
  EXPECT_EQ(seen_s, 103.0);
}

TEST_F(ManualLoopTest, WhatTasksBringAboutRunsInTheSameCall) {
  loop_.RunAt(101.0, [&] {
    log_ += '1';
    loop_.Post(Log('2'));
    loop_.RunAt(101.0, Log('3'));
    loop_.RunAt(101.5, Log('4'));
  });
  loop_.RunUntil(102.0);
  EXPECT_EQ(log_, "1234");
}

TEST_F(ManualLoopTest, CancelledTimersDoNotRun) {
  const auto first = loop_.RunAt(101.0, Log('a'));
  loop_.RunAt(101.0, Log('b'));
  EXPECT_NE(first, 0u);
  loop_.Cancel(first);
  loop_.Cancel(first);
  loop_.Cancel(12345);
  loop_.RunFor(5);
  EXPECT_EQ(log_, "b");
  EXPECT_EQ(loop_.next_timer_s(), std::numeric_limits<double>::infinity());
}

TEST_F(ManualLoopTest, ATimerMayCancelAnotherOfTheSameMoment) {
  EventLoop::TimerId second = 0;
  loop_.RunAt(101.0, [&] { loop_.Cancel(second); });
  second = loop_.RunAt(101.0, Log('x'));
  loop_.RunFor(2);
  EXPECT_EQ(log_, "");
}

TEST_F(ManualLoopTest, AfterStopNothingRunsAndPostRefuses) {
  loop_.Post(Log('a'));
  loop_.RunAt(100.0, Log('b'));
  loop_.Stop();
  EXPECT_FALSE(loop_.Post(Log('c')));
  EXPECT_EQ(loop_.RunUntil(200.0), 0);
  EXPECT_EQ(log_, "");
}

}  // namespace
}  // namespace offramp
