// The bound lies below every placement, and where nothing is shared it is met.
#include "offramp/placement/fluid_bound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/core/queue_model.h"
#include "offramp/optimize/generate_scenario.h"
#include "offramp/placement/placed_plan.h"
#include "tests/unit/placement/cases.h"

namespace offramp {
namespace {

PlacementTask TaskOf(Machines machines, PlacementModel model, Objective objective = {}) {
  auto task = PlacementTask::Create(std::move(machines), std::move(model), objective, 6);
  EXPECT_TRUE(task.ok()) << task.status();
  return *std::move(task);
}

TEST(FluidBound, OneMachineIsItsOwnQueue) {
  const PlacementTask task =
      TaskOf(WithSource(LinkedMachines({{10, 1000}}, 100, 1), 4), Pieces({{1, 1, 1}, {1, 1, 1}}));
  const FluidBound bound = BoundPlacements(task, MakeThresholdGrid(task.model(), 10), 0);
  // Utilisation 4 * 2 / 10, deterministic service.
  EXPECT_NEAR(bound.lower_bound_s, EvaluateQueue(4, 5, 0.5).number / 4, 1e-4);
  EXPECT_NEAR(bound.load[0], 0.8, 1e-9);
}

TEST(FluidBound, LiesBelowEveryPlacement) {
  Random random(5);
  for (int trial = 0; trial < 6; ++trial) {
    std::vector<MachineSpec> specs;
    for (int m = 0; m < 4; ++m) specs.push_back({10 + 40 * random.Uniform(), 1000});
    PlacementModel model = Stages({{1, 1, 20'000, true}, {2, 1, 10'000, true}, {3, 1, 0, true}});
    model.profile = SyntheticProfile({true, true, false}, 300, 7);
    const PlacementTask task =
        TaskOf(WithSource(LinkedMachines(specs, 100, 0.5), 3 + 3 * random.Uniform()), model,
               {.accuracy_weight_s = 0.5});
    // On so fine a grid every plan's thresholds have a neighbour.
    const FluidBound bound = BoundPlacements(task, MakeThresholdGrid(model, 5000), 0.5);
    for (int other = 0; other < 5; ++other) {
      Placement placement{.ends = {1, 2, 3}, .replicas = {{}, {}, {}}};
      for (auto& machines : placement.replicas) {
        for (int m = 0; m < 4; ++m) {
          if (random.Chance(0.5) || (m == 3 && machines.empty())) machines.push_back(m);
        }
      }
      const auto placed = Assess(task, placement, {1, 0.7, 0.4}, {.rounds = 60, .restarts = 0});
      ASSERT_TRUE(placed.ok()) << placed.status();
      EXPECT_LE(bound.lower_bound_s, placed->objective_s + 1e-4);
    }
  }
}

TEST(FluidBound, TheWeightMeetsAFloor) {
  PlacementModel model = Stages({{1, 1, 20'000, true}, {3, 1, 0, true}});
  model.profile = SyntheticProfile({true, false}, 400, 7);
  const Objective objective{.min_accuracy = 0.85};
  const PlacementTask task =
      TaskOf(WithSource(LinkedMachines({{10, 1000}, {20, 1000}}, 100, 0.5), 3), model, objective);
  const ThresholdGrid grid = MakeThresholdGrid(model, 200);
  const double weight_s = WeightOf(task, grid, objective);
  EXPECT_GT(weight_s, 0);
  const FluidBound bound = BoundPlacements(task, grid, weight_s);
  EXPECT_GE(bound.accuracy, 0.84);
  EXPECT_LT(bound.reach[1], 1);
}

TEST(ThresholdGrid, SaysWhatEachVectorDoes) {
  PlacementModel model = Stages({{1, 1, 1, true}, {1, 1, 0, true}});
  model.profile = std::make_shared<const ExitProfile>(
      std::vector<std::vector<float>>{{0.2F, 0.6F, 0.9F, 0.95F}, {}},
      std::vector<std::vector<float>>{{0, 1, 1, 1}, {1, 1, 1, 0}});
  const ThresholdGrid grid = MakeThresholdGrid(model, 4, {{0.7}});
  bool always = false;
  bool never = false;
  bool between = false;
  for (std::size_t c = 0; c < grid.size(); ++c) {
    EXPECT_EQ(grid.reach[c][0], 1);
    always = always || (grid.reach[c][1] == 0 && grid.accuracy[c] == 0.75);
    never = never || (grid.reach[c][1] == 1 && grid.accuracy[c] == 0.75);
    between = between || (grid.reach[c][1] == 0.5 && grid.accuracy[c] == 1);
  }
  EXPECT_TRUE(always && never && between);
}

}  // namespace
}  // namespace offramp
