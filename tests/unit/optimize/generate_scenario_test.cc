#include "offramp/optimize/generate_scenario.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/optimize/dto_ee.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

TEST(GenerateScenario, TheSuiteIsSoundAndUnlike) {
  const std::vector<GeneratorOptions> suite = ScenarioSuite(30, 1, 200);
  ASSERT_EQ(suite.size(), 30U);
  int exponential = 0;
  for (const GeneratorOptions& options : suite) {
    const Scenario scenario = GenerateScenario(options).value();
    EXPECT_TRUE(CheckScenario(scenario).ok()) << CheckScenario(scenario);
    EXPECT_TRUE(ProblemOf(scenario).ok());
    EXPECT_EQ(static_cast<int>(scenario.devices.size()), options.devices);
    EXPECT_EQ(static_cast<int>(scenario.nodes.size()), options.nodes);
    exponential += options.law == ServiceLaw::kExponential ? 1 : 0;
  }
  EXPECT_GT(exponential, 5);
  EXPECT_LT(exponential, 25);
}

TEST(GenerateScenario, SameSeedSameScenario) {
  const GeneratorOptions options{.seed = 9, .rows = 100};
  const Scenario a = GenerateScenario(options).value();
  const Scenario b = GenerateScenario(options).value();
  const Scenario c = GenerateScenario({.seed = 10, .rows = 100}).value();
  ASSERT_EQ(a.links.size(), b.links.size());
  for (std::size_t l = 0; l < a.links.size(); ++l) {
    EXPECT_EQ(a.links[l].to, b.links[l].to);
    EXPECT_EQ(a.links[l].mbit_per_s, b.links[l].mbit_per_s);
  }
  EXPECT_NE(a.links[0].mbit_per_s, c.links[0].mbit_per_s);
}

TEST(GenerateScenario, TheBusiestNodeOfTheFirstStageIsAtTheLoad) {
  // Every node of stage 1 hears every device, so that all can be as busy.
  const Scenario scenario =
      GenerateScenario({.seed = 3, .load = 0.6, .degree = 100, .rows = 100}).value();
  double rate = 0;
  double capacity = 0;
  for (const ScenarioDevice& device : scenario.devices) rate += device.tasks_per_s;
  for (const ScenarioNode& node : scenario.nodes) {
    if (node.stage == 1) capacity += scenario.ServiceRate(node);
  }
  EXPECT_NEAR(rate / capacity, 0.6, 0.01);
}

TEST(GenerateScenario, SyntheticConfidenceIsCalibrated) {
  const auto profile = SyntheticProfile({true, true, false}, 20'000, 5);
  for (int stage = 1; stage <= 2; ++stage) {
    for (const double low : {0.3, 0.5, 0.7, 0.9}) {
      double count = 0;
      double sure = 0;
      double right = 0;
      for (std::size_t r = 0; r < profile->rows(); ++r) {
        const auto confidence = static_cast<double>(profile->confidence(stage)[r]);
        if (confidence < low || confidence >= low + 0.1) continue;
        count += 1;
        sure += confidence;
        right += static_cast<double>(profile->correct(stage)[r]);
      }
      EXPECT_NEAR(right / count, sure / count, 4 / std::sqrt(count)) << stage << " " << low;
    }
  }
}

TEST(GenerateScenario, RefusesWhatMakesNoSense) {
  const auto error = [](GeneratorOptions options) {
    return GenerateScenario(options).status().message();
  };
  EXPECT_THAT(error({.devices = 0}), HasSubstr("devices"));
  EXPECT_THAT(error({.nodes = 3, .stages = 4}), HasSubstr("nodes"));
  EXPECT_THAT(error({.stages = 0}), HasSubstr("stages"));
  EXPECT_THAT(error({.exits = 4}), HasSubstr("exits"));
  EXPECT_THAT(error({.heterogeneity = 0.5}), HasSubstr("heterogeneity"));
  EXPECT_THAT(error({.load = 1}), HasSubstr("load"));
  EXPECT_THAT(error({.degree = 0}), HasSubstr("degree"));
  EXPECT_THAT(error({.rows = 0}), HasSubstr("rows"));
}

}  // namespace
}  // namespace offramp
