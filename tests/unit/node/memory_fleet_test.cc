// Nodes and gateways together, in memory and by hand: what a fleet promises, one fault at a time.
#include "tests/fakes/memory_fleet.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace offramp {
namespace {

using Rows = std::vector<std::uint8_t>;

TEST(MemoryFleetTest, EveryRowLeavesAtTheFirstSureExit) {
  MemoryFleet fleet({});
  const Rows rows = {4, 5, 6, 7};
  const int question = fleet.Ask(0, rows);
  fleet.loop().RunFor(1);
  ASSERT_NE(fleet.reply(question), nullptr);
  EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(question), rows));
  EXPECT_EQ(fleet.reply(question)->rows[0].exit_stage, 1);
  EXPECT_EQ(fleet.reply(question)->rows[1].exit_stage, 2);
  EXPECT_EQ(fleet.reply(question)->rows[2].exit_stage, 3);
  EXPECT_EQ(fleet.reply(question)->rows[3].exit_stage, 3);
  EXPECT_GT(fleet.reply(question)->rows[0].confidence, 0.99F);
}

TEST(MemoryFleetTest, WithoutEarlyExitEveryRowReachesTheLastStage) {
  MemoryFleet fleet({});
  const int question = fleet.Ask(0, {0, 1, 2, 3}, false);
  fleet.loop().RunFor(1);
  ASSERT_NE(fleet.reply(question), nullptr);
  for (const RowAnswer& row : fleet.reply(question)->rows) EXPECT_EQ(row.exit_stage, 3);
  EXPECT_EQ(std::count(fleet.reply(question)->path.begin(), fleet.reply(question)->path.end(), ','),
            2);
}

TEST(MemoryFleetTest, ADeadNodesTasksAreAnsweredByOthers) {
  MemoryFleet fleet({});
  std::vector<int> questions;
  for (int i = 0; i < 40; ++i) questions.push_back(fleet.Ask(0, {2}));
  fleet.loop().RunFor(0.05);
  fleet.Kill("s2-a");
  fleet.Kill("s3-b");
  fleet.loop().RunFor(5);
  for (const int question : questions) {
    ASSERT_NE(fleet.reply(question), nullptr);
    EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(question), {2}));
  }
}

TEST(MemoryFleetTest, WithAStageGoneTasksWaitForItToComeBack) {
  MemoryFleet fleet({.replicas = 1});
  fleet.Kill("s2-a");
  fleet.loop().RunFor(0.2);
  EXPECT_FALSE(fleet.gateway(0).ready());
  const int question = fleet.Ask(0, {2});
  fleet.loop().RunFor(3);
  EXPECT_EQ(fleet.reply(question), nullptr);
  fleet.Start("s2-a");
  fleet.loop().RunFor(1);
  ASSERT_NE(fleet.reply(question), nullptr);
  EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(question), {2}));
  EXPECT_TRUE(fleet.gateway(0).ready());
}

// Whoever sends a burst once the fleet says that it is ready meets all of it.
TEST(MemoryFleetTest, AGatewayIsReadyWhenItHasFoundEverybodyOrLookedForASecond) {
  MemoryFleet fleet({});
  fleet.RestartGateway(0);
  EXPECT_FALSE(fleet.gateway(0).ready());
  fleet.loop().RunFor(0.4);
  EXPECT_TRUE(fleet.gateway(0).ready());
  fleet.Kill("s1-b");
  fleet.loop().RunFor(0.2);
  EXPECT_TRUE(fleet.gateway(0).ready());
  fleet.RestartGateway(0);
  fleet.loop().RunFor(0.9);
  EXPECT_FALSE(fleet.gateway(0).ready());
  fleet.loop().RunFor(0.2);
  EXPECT_TRUE(fleet.gateway(0).ready());
}

TEST(MemoryFleetTest, TheDeadlineEndsATaskThatAStageCannotTake) {
  MemoryFleet fleet({.replicas = 1, .deadline_s = 2});
  fleet.Kill("s3-a");
  const int question = fleet.Ask(0, {2});
  fleet.loop().RunFor(1.9);
  EXPECT_EQ(fleet.reply(question), nullptr);
  fleet.loop().RunFor(0.2);
  ASSERT_NE(fleet.reply(question), nullptr);
  EXPECT_EQ(fleet.reply(question)->status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(fleet.node("s1-a").held_parcels(), 0u);
  EXPECT_EQ(fleet.node("s2-a").held_parcels(), 0u);
}

TEST(MemoryFleetTest, ExpiredWorkIsDroppedBeforeCompute) {
  MemoryFleet fleet({.replicas = 1, .service_s = 0.5, .deadline_s = 0.6});
  for (int i = 0; i < 10; ++i) fleet.Ask(0, {0});
  fleet.loop().RunFor(5);
  EXPECT_EQ(fleet.unanswered(), 0u);
  // The first is done in time and the second began in time; the rest never ran.
  EXPECT_LE(fleet.node("s1-a").finished_rows(), 2u);
}

TEST(MemoryFleetTest, CancellationReachesEveryHop) {
  MemoryFleet fleet({.replicas = 1, .service_s = 0.1});
  InferenceReply last;
  int replies = 0;
  const auto id = fleet.gateway(0).Infer(ScriptedRequest({2}), [&](InferenceReply reply) {
    ++replies;
    last = std::move(reply);
  });
  fleet.loop().RunFor(0.25);  // in stage 3
  ASSERT_EQ(fleet.node("s3-a").held_parcels(), 1u);
  fleet.gateway(0).Cancel(id);
  fleet.loop().RunFor(0.01);
  EXPECT_EQ(replies, 1);
  EXPECT_EQ(last.status.code(), StatusCode::kCancelled);
  for (const char* name : {"s1-a", "s2-a", "s3-a"}) {
    EXPECT_EQ(fleet.node(name).held_parcels(), 0u) << name;
  }
  fleet.loop().RunFor(1);
  EXPECT_EQ(replies, 1);
}

TEST(MemoryFleetTest, AGatewaysDeathCancelsItsTasks) {
  MemoryFleet fleet({.gateways = 2, .replicas = 1, .service_s = 1.0});
  fleet.Ask(0, {2});
  fleet.loop().RunFor(0.1);
  EXPECT_EQ(fleet.node("s1-a").held_parcels(), 1u);
  fleet.network().Cut("gw0", "s1-a");
  fleet.loop().RunFor(0.01);
  EXPECT_EQ(fleet.node("s1-a").held_parcels(), 0u);
}

TEST(MemoryFleetTest, DrainFinishesWhatIsHeldAndLosesNothing) {
  MemoryFleet fleet({.service_s = 0.05});
  std::vector<int> questions;
  for (int i = 0; i < 30; ++i) questions.push_back(fleet.Ask(0, {2}));
  fleet.loop().RunFor(0.1);
  bool drained = false;
  fleet.node("s2-a").Drain([&drained] { drained = true; });
  for (int i = 0; i < 20; ++i) {
    questions.push_back(fleet.Ask(0, {2}));
    fleet.loop().RunFor(0.02);
  }
  fleet.loop().RunFor(10);
  EXPECT_TRUE(drained);
  EXPECT_EQ(fleet.node("s2-a").held_parcels(), 0u);
  for (const int question : questions) {
    ASSERT_NE(fleet.reply(question), nullptr);
    EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(question), {2}));
  }
}

TEST(MemoryFleetTest, AFullQueueRefusesAndAnotherReplicaTakesOver) {
  MemoryFleet fleet({.service_s = 0.05, .queue_tasks = 4});
  fleet.SetService("s1-a", 5.0);
  std::vector<int> questions;
  for (int i = 0; i < 60; ++i) {
    questions.push_back(fleet.Ask(0, {0}));
    fleet.loop().RunFor(0.06);
  }
  fleet.loop().RunFor(40);
  for (const int question : questions) {
    ASSERT_NE(fleet.reply(question), nullptr);
    EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(question), {0}));
  }
}

TEST(MemoryFleetTest, AStuckEngineIsLeft) {
  MemoryFleet fleet({});
  for (int i = 0; i < 50; ++i) {
    fleet.Ask(0, {0});
    fleet.loop().RunFor(0.02);
  }
  fleet.SetService("s1-a", 1000);
  std::vector<int> questions;
  for (int i = 0; i < 200; ++i) {
    questions.push_back(fleet.Ask(0, {0}));
    fleet.loop().RunFor(0.02);
  }
  fleet.loop().RunFor(3);
  for (const int question : questions) {
    ASSERT_NE(fleet.reply(question), nullptr);
    EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(question), {0}));
  }
}

TEST(MemoryFleetTest, ARowThatBreaksTheEngineCostsItsOwnRequestOnly) {
  MemoryFleet fleet({.replicas = 1, .max_batch_size = 16, .poison = 66});
  const int running = fleet.Ask(0, {4});
  const int before = fleet.Ask(0, {4, 5, 6, 7});
  const int guilty = fleet.Ask(0, {8, 66, 9});
  const int behind = fleet.Ask(0, {10, 11});
  fleet.loop().RunFor(2);
  EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(running), {4}));
  EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(before), {4, 5, 6, 7}));
  EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(behind), {10, 11}));
  EXPECT_EQ(fleet.reply(guilty)->status.ToString(),
            "INVALID_ARGUMENT: row 1, counted from 0: s1-a, stage 1: poison");
  EXPECT_EQ(fleet.node("s1-a").held_parcels(), 0u);
  EXPECT_EQ(fleet.node("s1-a").queued_rows(), 0);
}

TEST(MemoryFleetTest, TheBatchSizeThatClientsAreToldIsAcceptedAndNoLarger) {
  MemoryFleet fleet({.service_s = 1e-4});
  const std::vector<std::uint8_t> rows(static_cast<std::size_t>(fleet.gateway(0).max_batch_size()));
  EXPECT_EQ(rows.size(), 4096u);
  std::vector<std::uint8_t> more(rows);
  more.push_back(0);
  const int first = fleet.Ask(0, rows);
  const int second = fleet.Ask(0, rows);
  const int too_many = fleet.Ask(0, more);
  fleet.loop().RunFor(10);
  ASSERT_NE(fleet.reply(first), nullptr);
  EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(first), rows));
  ASSERT_NE(fleet.reply(second), nullptr);
  EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(second), rows));
  ASSERT_NE(fleet.reply(too_many), nullptr);
  EXPECT_EQ(fleet.reply(too_many)->status.ToString(),
            "INVALID_ARGUMENT: 4097 rows in one request, at most 4096");
}

TEST(MemoryFleetTest, RequestsThatDoNotFitTheModelAreToldWhy) {
  MemoryFleet fleet({});
  InferenceRequest request = ScriptedRequest({1, 2});
  request.inputs[0].shape = {2, 3};
  InferenceReply last;
  fleet.gateway(0).Infer(std::move(request),
                         [&](InferenceReply reply) { last = std::move(reply); });
  fleet.loop().RunFor(0.01);
  EXPECT_EQ(last.status.ToString(),
            "INVALID_ARGUMENT: input \"x\" has shape [2,3], expected [-1,1]");
  request = ScriptedRequest({});
  fleet.gateway(0).Infer(std::move(request),
                         [&](InferenceReply reply) { last = std::move(reply); });
  fleet.loop().RunFor(0.01);
  EXPECT_EQ(last.status.code(), StatusCode::kInvalidArgument);
  request = ScriptedRequest({1});
  request.model_name = "other";
  fleet.gateway(0).Infer(std::move(request),
                         [&](InferenceReply reply) { last = std::move(reply); });
  fleet.loop().RunFor(0.01);
  EXPECT_EQ(last.status.code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace offramp
