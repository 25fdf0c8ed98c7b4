#include "offramp/cli/demo/scenario.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

Fleet TwoStages() {
  Fleet fleet;
  fleet.path = "f.yaml";
  fleet.gateways.resize(2);
  fleet.gateways[0].tasks_per_s = 30;
  fleet.gateways[1].tasks_per_s = 10;
  const auto add = [&](const char* name, int stage, double speed) {
    FleetNode node;
    node.name = name;
    node.stage = stage;
    node.gflops_per_s = speed;
    fleet.nodes.push_back(node);
  };
  add("s1-a", 1, 9);
  add("s2-a", 2, 1);
  add("s2-b", 2, 3);
  return fleet;
}

TEST(DemoScenario, TheVictimIsTheFastestNodeOfStageTwo) {
  const auto scenario = MakeDemoScenario(TwoStages(), 26, 0);
  ASSERT_TRUE(scenario.ok());
  EXPECT_EQ(scenario->victim, "s2-b");
  EXPECT_EQ(scenario->victim_gflops_per_s, 3);
}

TEST(DemoScenario, TheRateIsTheFilesOrTheUsers) {
  EXPECT_DOUBLE_EQ(MakeDemoScenario(TwoStages(), 26, 0)->load[0].tasks_per_s, 40);
  EXPECT_DOUBLE_EQ(MakeDemoScenario(TwoStages(), 26, 100)->load[0].tasks_per_s, 100);
  EXPECT_DOUBLE_EQ(MakeDemoScenario(TwoStages(), 26, 100)->load[1].tasks_per_s, 160);
}

TEST(DemoScenario, PartsJoinAndEventsBeginTheirParts) {
  for (const double seconds : {26.0, 60.0}) {
    const auto scenario = MakeDemoScenario(TwoStages(), seconds, 0);
    ASSERT_TRUE(scenario.ok());
    EXPECT_NEAR(TotalSeconds(scenario->load), seconds, 1e-9);
    EXPECT_NEAR(scenario->parts.back().to_s, seconds, 1e-9);
    for (std::size_t i = 1; i < scenario->parts.size(); ++i) {
      EXPECT_DOUBLE_EQ(scenario->parts[i].from_s, scenario->parts[i - 1].to_s);
    }
    EXPECT_EQ(PartAt(*scenario, scenario->events[0].at_s), "kill");
    EXPECT_EQ(PartAt(*scenario, scenario->events[2].at_s), "slow");
    EXPECT_EQ(PartAt(*scenario, 0), "warm-up");
    EXPECT_EQ(PartAt(*scenario, scenario->load[0].seconds), "surge");
    for (std::size_t i = 1; i < scenario->events.size(); ++i) {
      EXPECT_GT(scenario->events[i].at_s, scenario->events[i - 1].at_s);
    }
  }
}

TEST(DemoScenario, AFleetThatCannotPlayItIsRefused) {
  Fleet no_rate = TwoStages();
  for (FleetGateway& gateway : no_rate.gateways) gateway.tasks_per_s = 0;
  EXPECT_NE(MakeDemoScenario(no_rate, 26, 0).status().message().find("--rate"), std::string::npos);
  Fleet real_speed = TwoStages();
  for (FleetNode& node : real_speed.nodes) node.gflops_per_s = 0;
  EXPECT_NE(MakeDemoScenario(real_speed, 26, 0).status().message().find("gflops_per_s"),
            std::string::npos);
}

}  // namespace
}  // namespace offramp
