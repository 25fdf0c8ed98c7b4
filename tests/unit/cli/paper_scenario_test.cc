// Scenarios like the paper's.
#include "offramp/cli/reproduce/paper_scenario.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "offramp/optimize/generate_scenario.h"

namespace offramp {
namespace {

std::shared_ptr<const ExitProfile> Profile() {
  return SyntheticProfile({true, true, true, true}, 200, 1);
}

TEST(PaperScenario, HasThePapersSizesAndIsSound) {
  for (const PaperModel& model : PaperModels()) {
    const Result<Scenario> scenario = PaperScenario(model, Profile(), {.seed = 3});
    ASSERT_TRUE(scenario.ok()) << scenario.status();
    EXPECT_EQ(scenario->devices.size(), 50U);
    EXPECT_EQ(scenario->nodes.size(), 18U);
    EXPECT_EQ(scenario->stage_count(), 4);
    EXPECT_TRUE(ProblemOf(*scenario).ok());
  }
  // 7.8 billion multiplications and as many additions (He et al. 2016, table 1).
  double gflops = 0;
  for (const ScenarioStage& stage : PaperModels()[0].stages) gflops += stage.gflops;
  EXPECT_NEAR(gflops, 15.6, 0.2);
}

TEST(PaperScenario, TheLoadIsThatOfTheScarcestStage) {
  const Scenario half = PaperScenario(PaperModels()[0], Profile(), {.load = 0.5}).value();
  const Scenario full = PaperScenario(PaperModels()[0], Profile(), {.load = 1}).value();
  EXPECT_NEAR(full.devices[7].tasks_per_s, 2 * half.devices[7].tasks_per_s, 1e-9);
}

TEST(PaperScenario, HeterogeneityKeepsTheCapacityOfAStage) {
  const auto capacity_and_ratio = [](double heterogeneity) {
    const Scenario scenario =
        PaperScenario(PaperModels()[1], Profile(), {.heterogeneity = heterogeneity}).value();
    double sum = 0;
    double least = INFINITY;
    double most = 0;
    for (const ScenarioNode& node : scenario.nodes) {
      if (node.stage != 1) continue;
      sum += node.gflops_per_s;
      least = std::min(least, node.gflops_per_s);
      most = std::max(most, node.gflops_per_s);
    }
    return std::pair(sum, most / least);
  };
  const auto [even, one] = capacity_and_ratio(1);
  const auto [uneven, eight] = capacity_and_ratio(8);
  EXPECT_NEAR(even, uneven, 1e-6 * even);
  EXPECT_NEAR(one, 1, 1e-9);
  EXPECT_NEAR(eight, 8, 1e-9);
}

TEST(PaperScenario, AProfileOfAnotherModelIsRefused) {
  EXPECT_EQ(
      PaperScenario(PaperModels()[0], SyntheticProfile({true, true}, 50, 1), {}).status().code(),
      StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace offramp
