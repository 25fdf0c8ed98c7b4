// The quick estimate against DTO-EE's optimum, and the search against all placements.
#include "offramp/placement/search.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/placement/flow_cost.h"
#include "offramp/placement/placed_plan.h"
#include "tests/unit/placement/cases.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;

PlacementTask TaskOf(Machines machines, PlacementModel model, int stages_max = 6) {
  auto task = PlacementTask::Create(std::move(machines), std::move(model), {}, stages_max);
  EXPECT_TRUE(task.ok()) << task.status();
  return *std::move(task);
}

PlacementTask Unequal(std::uint64_t seed, bool pieces) {
  Random random(seed);
  std::vector<MachineSpec> specs;
  for (int m = 0; m < 3; ++m) {
    specs.push_back(
        {10 + 40 * random.Uniform(), 600'000 + static_cast<std::int64_t>(random.Below(900'000))});
  }
  Machines machines = WithSource(LinkedMachines(specs, 400, 0.5), 4);
  for (MachineLink& link : machines.links) link.mbit_per_s *= 0.2 + random.Uniform();
  const std::vector<ModelSegment> segments = {
      {1, 200'000, 90'000}, {2, 200'000, 30'000}, {3, 200'000, 0}};
  return TaskOf(machines, pieces ? Pieces(segments) : Stages(segments), 3);
}

TEST(FlowCost, IsAboutWhatDtoEeReaches) {
  Random random(11);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const PlacementTask task = Unequal(seed, false);
    Placement placement{.ends = {1, 2, 3}, .replicas = {{0}, {1}, {2}}};
    for (auto& machines : placement.replicas) {
      const int more = static_cast<int>(random.Below(3));
      if (std::find(machines.begin(), machines.end(), more) == machines.end()) {
        machines.push_back(more);
        std::sort(machines.begin(), machines.end());
      }
    }
    if (!task.Fits(placement)) continue;
    FlowCost cost(task);
    const double quick_s = cost.Evaluate(placement, {1, 1, 1});
    const auto placed = Assess(task, placement, {1, 1, 1}, {.restarts = 0});
    ASSERT_TRUE(placed.ok()) << placed.status();
    if (placed->overloaded()) continue;
    EXPECT_NEAR(quick_s, placed->delay_s, 0.06 * placed->delay_s) << seed;
  }
}

TEST(FlowCost, IsInfiniteWhereNoTaskGetsThrough) {
  Machines machines = WithSource(LinkedMachines({{10, 1000}, {10, 1000}}, 100, 1), 1);
  machines.links = {{1, 0, 100, 1}};
  const PlacementTask task = TaskOf(machines, Stages({{1, 1, 1}, {1, 1, 0}}));
  FlowCost cost(task);
  EXPECT_TRUE(std::isinf(cost.Evaluate({.ends = {1, 2}, .replicas = {{0}, {1}}}, {1, 1})));
  EXPECT_FALSE(std::isinf(cost.Evaluate({.ends = {1, 2}, .replicas = {{0}, {0, 1}}}, {1, 1})));
}

// Least of FlowCost over all sets of machines for every stage.
double LeastOfAll(const PlacementTask& task, const Placement& cuts) {
  FlowCost cost(task);
  double least = 1e300;
  const unsigned sets = 1U << task.machine_count();
  const auto stages = static_cast<unsigned>(cuts.stage_count());
  for (unsigned code = 0; code < std::pow(sets, stages); ++code) {
    Placement placement = cuts;
    unsigned rest = code;
    for (unsigned s = 0; s < stages; ++s, rest /= sets) {
      placement.replicas.emplace_back();
      for (int m = 0; m < task.machine_count(); ++m) {
        if ((rest % sets >> m & 1U) != 0) placement.replicas.back().push_back(m);
      }
    }
    if (!task.Fits(placement)) continue;
    least = std::min(least, cost.Evaluate(placement, std::vector<double>(stages, 1)));
  }
  return least;
}

TEST(Search, FindsTheBestOfAllPlacements) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const PlacementTask task = Unequal(seed, false);
    const Placement start{.ends = {1, 2, 3}, .replicas = {{0}, {1}, {2}}};
    const auto found = SearchPlacements(task, {1, 1, 1}, {start}, {.evaluations = 3000});
    ASSERT_FALSE(found.empty());
    EXPECT_TRUE(task.Fits(found[0].placement));
    EXPECT_LE(found[0].delay_s, LeastOfAll(task, {.ends = {1, 2, 3}}) * 1.01) << seed;
  }
}

TEST(Search, FindsTheBestCutsToo) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const PlacementTask task = Unequal(seed, true);
    double least = 1e300;
    for (const std::vector<int>& ends :
         std::vector<std::vector<int>>{{3}, {1, 3}, {2, 3}, {1, 2, 3}}) {
      least = std::min(least, LeastOfAll(task, {.ends = ends}));
    }
    const Placement start{.ends = {1, 2, 3}, .replicas = {{0}, {1}, {2}}};
    const auto found = SearchPlacements(task, {1, 1, 1}, {start}, {.evaluations = 5000});
    ASSERT_FALSE(found.empty());
    EXPECT_LE(found[0].delay_s, least * 1.01) << seed;
  }
}

TEST(Search, TheSameSeedFindsTheSame) {
  const PlacementTask task = Unequal(2, true);
  const Placement start{.ends = {1, 2, 3}, .replicas = {{0}, {1}, {2}}};
  const auto a = SearchPlacements(task, {1, 1, 1}, {start}, {.evaluations = 800, .seed = 3});
  const auto b = SearchPlacements(task, {1, 1, 1}, {start}, {.evaluations = 800, .seed = 3});
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].placement, b[i].placement);
}

}  // namespace
}  // namespace offramp
