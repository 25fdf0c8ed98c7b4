// What becomes of the tasks that run on to compare.
#include "offramp/node/shadows.h"

#include <cstring>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/memory_fleet.h"

namespace offramp {
namespace {

AnswerFrame AnswerOf(float first, float second) {
  const float logits[2] = {first, second};
  Tensor tensor;
  tensor.name = "logits";
  tensor.shape = {1, 2};
  tensor.data = Buffer::CopyOf(std::as_bytes(std::span(logits)));
  AnswerFrame answer;
  answer.tensors.push_back(std::move(tensor));
  return answer;
}

TEST(ShadowsTest, ComparesClasses) {
  std::vector<std::pair<double, bool>> seen;
  Shadows shadows(1, 1,
                  [&](double confidence, bool agreed) { seen.emplace_back(confidence, agreed); });
  shadows.OnSent(1, {.confidence = 0.5F, .argmax = 1});
  shadows.OnSent(2, {.confidence = 0.75F, .argmax = 1});
  EXPECT_TRUE(shadows.OnAnswered(1, AnswerOf(0, 3)));
  EXPECT_TRUE(shadows.OnAnswered(2, AnswerOf(3, 0)));
  EXPECT_FALSE(shadows.OnAnswered(2, AnswerOf(3, 0))) << "it has ended";
  EXPECT_FALSE(shadows.OnAnswered(3, AnswerOf(3, 0))) << "somebody else's";
  EXPECT_EQ(seen, (std::vector<std::pair<double, bool>>{{0.5, true}, {0.75, false}}));
  EXPECT_EQ(shadows.counters().agreed, 1u);
  EXPECT_EQ(shadows.counters().disagreed, 1u);
}

TEST(ShadowsTest, WhatIsNotAnsweredProvesNothing) {
  Shadows shadows(1, 1, [](double, bool) { FAIL(); });
  shadows.OnSent(1, {.confidence = 0.5F, .argmax = 1});
  shadows.OnSent(2, {.confidence = 0.5F, .argmax = 1});
  EXPECT_TRUE(shadows.OnFailed(1));
  EXPECT_FALSE(shadows.OnFailed(1));
  EXPECT_TRUE(shadows.OnAnswered(2, AnswerFrame{}));
  EXPECT_EQ(shadows.counters().unanswered, 2u);
}

TEST(ShadowsTest, AreFewAtATime) {
  Shadows shadows(1, 1, [](double, bool) {});
  JobId job = 0;
  while (shadows.Draw()) {
    shadows.OnSent(++job, {});
    ASSERT_LT(job, 100u);
  }
  EXPECT_TRUE(shadows.OnFailed(1));
  EXPECT_TRUE(shadows.Draw());
}

// A fleet in which everything that leaves early is compared.
class ShadowFleetTest : public ::testing::Test {
 protected:
  std::uint64_t Count(std::uint64_t ShadowCounters::*what, int stage) {
    std::uint64_t count = 0;
    for (int replica = 0; replica < 2; ++replica) {
      count += fleet_.node(MemoryFleet::NodeName(stage, replica)).shadows().counters().*what;
    }
    return count;
  }

  MemoryFleet fleet_{{.shadow_share = 1}};
};

TEST_F(ShadowFleetTest, TheClientSeesOneAnswerAndTheExitHearsOfTheOther) {
  std::vector<int> questions;
  for (int i = 0; i < 4; ++i) questions.push_back(fleet_.Ask(0, {4, 5, 6}));
  fleet_.loop().RunFor(1);
  for (const int question : questions) {
    ASSERT_NE(fleet_.reply(question), nullptr);
    EXPECT_TRUE(IsScriptedAnswer(*fleet_.reply(question), {4, 5, 6}));
    EXPECT_EQ(fleet_.reply(question)->rows[0].exit_stage, 1);
    EXPECT_EQ(fleet_.reply(question)->rows[1].exit_stage, 2);
  }
  EXPECT_EQ(Count(&ShadowCounters::agreed, 1), 4u);
  EXPECT_EQ(Count(&ShadowCounters::agreed, 2), 4u);
  EXPECT_EQ(Count(&ShadowCounters::disagreed, 1), 0u);
  for (int stage = 1; stage <= 3; ++stage) {
    for (int replica = 0; replica < 2; ++replica) {
      EXPECT_EQ(fleet_.node(MemoryFleet::NodeName(stage, replica)).held_parcels(), 0u);
    }
  }
}

TEST_F(ShadowFleetTest, ADeadStageCostsNobodyWhoHasLeftBeforeIt) {
  const int question = fleet_.Ask(0, {4});
  fleet_.loop().RunFor(0.015);
  fleet_.Kill("s3-a");
  fleet_.Kill("s3-b");
  fleet_.loop().RunFor(60);
  ASSERT_NE(fleet_.reply(question), nullptr);
  EXPECT_TRUE(IsScriptedAnswer(*fleet_.reply(question), {4}));
  EXPECT_EQ(Count(&ShadowCounters::unanswered, 1), 1u);
}

}  // namespace
}  // namespace offramp
