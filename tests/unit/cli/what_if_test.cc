#include "offramp/cli/plan/what_if.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/small_scenario.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Scenario After(const std::string& text) {
  Scenario scenario = SmallScenario();
  const Status status = ApplyWhatIf(text, scenario);
  EXPECT_TRUE(status.ok()) << status;
  return scenario;
}

std::string ErrorOf(const std::string& text) {
  Scenario scenario = SmallScenario();
  const Status status = ApplyWhatIf(text, scenario);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  EXPECT_THAT(status.message(), StartsWith("--what-if \"" + text + "\": "));
  return status.message();
}

TEST(WhatIf, NumbersReplaceTheFiles) {
  EXPECT_EQ(After("device d1 tasks_per_s=9.5").devices[1].tasks_per_s, 9.5);
  EXPECT_EQ(After("node b1 gflops_per_s=400").nodes[3].gflops_per_s, 400);
  EXPECT_EQ(After("link d0 a1 mbit_per_s=3").links[1].mbit_per_s, 3);
  EXPECT_EQ(After("link a1 b1 latency_ms=70").links[7].latency_ms, 70);
}

TEST(WhatIf, ANodeThatIsDownTakesItsLinksAlong) {
  const Scenario scenario = After("node a0 down");
  EXPECT_EQ(scenario.FindPart("a0"), -1);
  EXPECT_EQ(scenario.links.size(), 4U);
  for (const ScenarioLink& link : scenario.links) {
    EXPECT_EQ(scenario.part_stage(link.to), scenario.part_stage(link.from) + 1);
  }
  EXPECT_TRUE(ProblemOf(scenario).ok());
}

TEST(WhatIf, DeadEndsGoWithIt) {
  Scenario scenario = SmallScenario();
  // a1 leads to b1 alone.
  std::erase_if(scenario.links,
                [](const ScenarioLink& link) { return link.from == 3 && link.to == 4; });
  ASSERT_TRUE(ApplyWhatIf("node b1 down", scenario).ok());
  EXPECT_EQ(scenario.FindPart("a1"), -1);
  EXPECT_EQ(scenario.nodes.size(), 2U);
}

TEST(WhatIf, ChangesAddUp) {
  Scenario scenario = SmallScenario();
  ASSERT_TRUE(ApplyWhatIf("node a0 down", scenario).ok());
  EXPECT_THAT(ApplyWhatIf("node a1 down", scenario).message(),
              HasSubstr("leaves a scenario that cannot serve"));
}

TEST(WhatIf, WhatDoesNotFitIsToldWithWhatDoes) {
  EXPECT_THAT(ErrorOf("node b9 down"), HasSubstr("there is no node 'b9'; did you mean 'b0'?"));
  EXPECT_THAT(ErrorOf("node d0 down"), HasSubstr("there is no node 'd0'"));
  EXPECT_THAT(ErrorOf("link d0 b0 down"), HasSubstr("no link goes from 'd0' to 'b0'"));
  EXPECT_THAT(ErrorOf("node a0 gflops_per_s=x"), HasSubstr("expected \"node NAME down\""));
  EXPECT_THAT(ErrorOf("node a0 gflops_per_s=-1"), HasSubstr("cannot serve"));
  EXPECT_THAT(ErrorOf("hope"), HasSubstr("expected \"node NAME down\""));
}

}  // namespace
}  // namespace offramp
