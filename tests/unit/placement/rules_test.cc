// The rules of others on cases that can be told by hand, and the best single path against all.
#include "offramp/placement/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/placement/flow_cost.h"
#include "offramp/placement/single_path.h"
#include "tests/unit/placement/cases.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PlacementTask TaskOf(Machines machines, PlacementModel model, int stages_max = 6) {
  auto task = PlacementTask::Create(std::move(machines), std::move(model), {}, stages_max);
  EXPECT_TRUE(task.ok()) << task.status();
  return *std::move(task);
}

const std::vector<ModelSegment> kFourPieces = {
    {1, 100, 1000}, {1, 100, 1000}, {1, 100, 1000}, {1, 100, 1000}};

TEST(Rules, OneMachineIsTheFastestThatHoldsAll) {
  const PlacementTask task =
      TaskOf(WithSource(LinkedMachines({{10, 100'000}, {40, 100}, {20, 100'000}}, 100, 1), 1),
             Pieces(kFourPieces));
  const Placement all = AllOnFastest(task).value();
  EXPECT_THAT(all.ends, ElementsAre(4));
  EXPECT_THAT(all.replicas, ElementsAre(ElementsAre(2)));
  const PlacementTask bundle = TaskOf(
      WithSource(LinkedMachines({{10, 100'000}, {40, 100}}, 100, 1), 1), Stages(kFourPieces));
  EXPECT_EQ(AllOnFastest(bundle).value().replicas.size(), 4U) << "all stages, one machine";
}

TEST(Rules, PartsFollowMemoryAndSpeed) {
  // Memory 3 : 1, speed 1 : 3.
  const PlacementTask task = TaskOf(
      WithSource(LinkedMachines({{10, 60'000}, {30, 20'000}}, 100, 1), 1), Pieces(kFourPieces));
  const Placement memory = InProportionToMemory(task).value();
  EXPECT_THAT(memory.ends, ElementsAre(3, 4));
  EXPECT_THAT(memory.replicas, ElementsAre(ElementsAre(0), ElementsAre(1)));
  const Placement speed = InProportionToSpeed(task).value();
  EXPECT_THAT(speed.ends, ElementsAre(3, 4));
  EXPECT_THAT(speed.replicas, ElementsAre(ElementsAre(1), ElementsAre(0)));
}

TEST(Rules, SayWhyTheyHaveNone) {
  Machines machines = WithSource(LinkedMachines({{10, 7000}, {30, 7000}}, 100, 1), 1);
  const PlacementTask task = TaskOf(machines, Stages({{1, 5000, 10}, {1, 5000, 10}}));
  EXPECT_THAT(AllOnFastest(task).status().message(), HasSubstr("holds the whole model"));
  EXPECT_TRUE(OneReplicaEach(task, {1, 1}).ok());
}

// Costs of every single path by brute force, with the same figures that the search is told.
double LeastByBruteForce(const PlacementTask& task, const std::vector<double>& reach) {
  FlowCost cost(task);
  const int machines = task.machine_count();
  double least = 1e300;
  for (int a = 0; a < machines; ++a) {
    for (int b = 0; b < machines; ++b) {
      for (int c = 0; c < machines; ++c) {
        const Placement placement{.ends = {1, 2, 3}, .replicas = {{a}, {b}, {c}}};
        if (task.Fits(placement)) least = std::min(least, cost.Evaluate(placement, reach));
      }
    }
  }
  return least;
}

TEST(Rules, TheSinglePathIsTheBestOfAll) {
  Random random(3);
  for (int trial = 0; trial < 12; ++trial) {
    std::vector<MachineSpec> specs;
    for (int m = 0; m < 5; ++m) {
      specs.push_back(
          {10 + 40 * random.Uniform(), 300 + static_cast<std::int64_t>(random.Below(500))});
    }
    Machines machines = WithSource(LinkedMachines(specs, 500, 0.5), 2 + 3 * random.Uniform());
    for (MachineLink& link : machines.links) link.latency_ms *= 1 + 9 * random.Uniform();
    // Exponential service, for which both share machines alike; links that nobody waits for.
    machines.service = ServiceLaw::kExponential;
    const PlacementTask task = TaskOf(machines, Stages({{1, 250, 10}, {2, 250, 10}, {3, 250, 10}}));
    const std::vector<double> reach = {1, 0.7, 0.4};
    const auto path = BestSinglePath(task, reach);
    ASSERT_TRUE(path.has_value());
    EXPECT_TRUE(path->proven);
    EXPECT_TRUE(task.Fits(path->placement));
    EXPECT_NEAR(path->delay_s, LeastByBruteForce(task, reach), 1e-4 * path->delay_s);
  }
}

}  // namespace
}  // namespace offramp
