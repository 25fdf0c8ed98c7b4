#include "offramp/base/stop.h"

#include <thread>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(GateTest, ClosedGateRefusesAndWaitsForTheLast) {
  Gate gate;
  ASSERT_TRUE(gate.TryEnter());
  ASSERT_TRUE(gate.TryEnter());
  gate.Close();
  EXPECT_FALSE(gate.TryEnter());
  EXPECT_FALSE(gate.WaitEmpty(0));
  gate.Leave();
  std::thread last([&gate] { gate.Leave(); });
  EXPECT_TRUE(gate.WaitEmpty(10));
  last.join();
}

TEST(GateTest, EmptyButOpenIsNotDone) {
  Gate gate;
  EXPECT_FALSE(gate.WaitEmpty(0));
}

TEST(GateDeathTest, DestroyedBusyIsABug) {
  EXPECT_DEATH(
      {
        Gate gate;
        (void)gate.TryEnter();
      },
      "work inside");
}

}  // namespace
}  // namespace offramp
