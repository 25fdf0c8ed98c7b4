// The rounds as a whole: starts, repeatability, faults that change nothing they should not.
#include "offramp/optimize/dto_ee.h"

#include <gtest/gtest.h>

#include "tests/unit/optimize/scenario.h"

namespace offramp {
namespace {

TEST(DtoEe, StartsColdWithEvenSharesAndThresholds) {
  const Problem problem = GenerateProblem({.rows = 200}, 1);
  const DtoEe fleet(problem);
  const Strategy cold = UniformStrategy(problem, 0.8F);
  EXPECT_EQ(fleet.strategy().share, cold.share);
  EXPECT_EQ(fleet.strategy().threshold[static_cast<std::size_t>(problem.first_node(1))],
            cold.threshold[0]);
}

TEST(DtoEe, StaysAtAConvergedStart) {
  const Problem problem = GenerateProblem({.rows = 300}, 2);
  DtoEe first(problem);
  for (int r = 0; r < 250; ++r) first.Round();
  const double settled = first.Objective();
  DtoEe second(problem, {.seed = 2});
  second.Start(first.strategy());
  EXPECT_DOUBLE_EQ(second.Objective(), settled);
  for (int r = 0; r < 60; ++r) second.Round();
  EXPECT_LT(second.Objective(), settled + 2e-3 * second.Evaluate().mean_delay_s);
}

// Twenty devices share two busy nodes; half of them are nearer to the one, half to the other, by a
// hundredth of the delay. Swaps change neither queue, so only the links' times say where to go.
TEST(DtoEe, DevicesThatShareReceiversSwapThem) {
  std::vector<ProblemNode> nodes;
  std::vector<ProblemLink> links;
  constexpr int kDevices = 20;
  for (int i = 0; i < kDevices; ++i) {
    nodes.push_back({.name = "ed" + std::to_string(i), .stage = 0, .arrival_rate_per_s = 0.9});
  }
  for (int j = 0; j < 2; ++j) {
    nodes.push_back(
        {.name = "es" + std::to_string(j), .stage = 1, .service_rate_per_s = 10, .congestion = 1});
    for (int i = 0; i < kDevices; ++i) {
      links.push_back({.from = i, .to = kDevices + j, .transfer_s = i % 2 == j ? 0.010 : 0.020});
    }
  }
  const Problem problem = Problem::Create(std::move(nodes), std::move(links), nullptr, 1).value();
  DtoEe fleet(problem);
  for (int r = 0; r < 100; ++r) fleet.Round();
  const Strategy strategy = fleet.strategy();
  for (int i = 0; i < kDevices; ++i) {
    EXPECT_GT(strategy.share[static_cast<std::size_t>(2 * i + i % 2)], 0.99) << "device " << i;
  }
  EXPECT_NEAR(fleet.Evaluate().mean_delay_s, 1.010, 1e-4);
}

TEST(DtoEe, RepeatsBySeed) {
  const Problem problem = GenerateProblem({.rows = 200}, 3);
  const DtoEeRunOptions options{
      .agent = {}, .seed = 5, .faults = {.loss = 0.2, .age = 3, .active = 0.7}, .measured = {}};
  DtoEe a(problem, options);
  DtoEe b(problem, options);
  for (int r = 0; r < 40; ++r) {
    a.Round();
    b.Round();
  }
  EXPECT_EQ(a.strategy().share, b.strategy().share);
  EXPECT_EQ(a.strategy().threshold, b.strategy().threshold);
}

TEST(DtoEe, FollowsAChangedWeight) {
  DtoEe fleet(GenerateProblem({.rows = 400}, 4));
  for (int r = 0; r < 100; ++r) fleet.Round();
  const double before = fleet.Evaluate().accuracy;
  fleet.problem().SetAccuracyWeight(20 * fleet.problem().accuracy_weight_s());
  for (int r = 0; r < 100; ++r) fleet.Round();
  EXPECT_GT(fleet.Evaluate().accuracy, before + 0.01);
}

}  // namespace
}  // namespace offramp
