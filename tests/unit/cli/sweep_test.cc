#include "offramp/cli/simulate/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/small_scenario.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Sweep, ValuesRunFromEndToEndAndPrintWell) {
  const Result<Sweep> sweep = ParseSweep("load=0.1:0.5:0.1");
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_EQ(sweep->key, "load");
  EXPECT_THAT(sweep->values, ElementsAre(0.1, 0.2, 0.3, 0.4, 0.5));
  EXPECT_THAT(ParseSweep("d0.tasks_per_s=1:2:0.75")->values, ElementsAre(1, 1.75));
}

TEST(Sweep, NonsenseIsRefused) {
  for (const char* text : {"load", "load=1:2", "load=2:1:0.1", "load=1:2:0", "load=1:2:x",
                           "load=0:inf:1", "load=0:1:-1", ""}) {
    EXPECT_THAT(ParseSweep(text).status().message(), HasSubstr("expected key=from:to:step"));
  }
  EXPECT_THAT(ParseSweep("load=0:1:1e-9").status().message(), HasSubstr("expected at most 1000"));
}

TEST(Sweep, EveryKeyChangesItsNumber) {
  Scenario scenario = SmallScenario();
  scenario.changes = {{1, DeviceRateChange{0, 10}}};
  ASSERT_TRUE(ApplySweep("load", 0.5, scenario).ok());
  EXPECT_EQ(scenario.devices[0].tasks_per_s, 2);
  EXPECT_EQ(std::get<DeviceRateChange>(scenario.changes[0].what).tasks_per_s, 5);
  ASSERT_TRUE(ApplySweep("b0.gflops_per_s", 7, scenario).ok());
  EXPECT_EQ(scenario.nodes[2].gflops_per_s, 7);
  ASSERT_TRUE(ApplySweep("threshold", 0.6, scenario).ok());
  EXPECT_EQ(scenario.fixed_threshold, 0.6);
  ASSERT_TRUE(ApplySweep("max_mean_delay_s", 0.6, scenario).ok());
  EXPECT_EQ(scenario.objective.max_mean_delay_s, 0.6);
  ASSERT_TRUE(ApplySweep("period_ms", 50, scenario).ok());
  EXPECT_DOUBLE_EQ(scenario.period_s, 0.05);
}

TEST(Sweep, UnknownKeysAndAbsurdValuesAreNamed) {
  Scenario scenario = SmallScenario();
  EXPECT_THAT(ApplySweep("laod", 1, scenario).message(), HasSubstr("did you mean 'load'?"));
  EXPECT_THAT(ApplySweep("x.tasks_per_s", 1, scenario).message(), HasSubstr("expected a device's"));
  EXPECT_THAT(ApplySweep("gflops_per_s", 0, scenario).message(),
              HasSubstr("--sweep gflops_per_s=0: node 'a0'"));
}

}  // namespace
}  // namespace offramp
