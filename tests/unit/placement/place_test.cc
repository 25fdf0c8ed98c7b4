// Placements end to end: cases that can be told by hand, limits kept, what cannot be done.
#include "offramp/placement/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/fleet.h"
#include "offramp/files/fleet_scenario.h"
#include "offramp/optimize/generate_scenario.h"
#include "offramp/placement/fleet_text.h"
#include "tests/unit/placement/cases.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PlaceOptions Quick() { return {.evaluations = 1500, .polishings = 20}; }

PlacementTask TaskOf(Machines machines, PlacementModel model, Objective objective = {},
                     int stages_max = 6) {
  auto task = PlacementTask::Create(std::move(machines), std::move(model), objective, stages_max);
  EXPECT_TRUE(task.ok()) << task.status();
  return *std::move(task);
}

PlaceReport PlaceOf(const PlacementTask& task) {
  const Result<PlaceReport> report = Place(task, Quick());
  EXPECT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(task.Fits(report->best.placement));
  EXPECT_GE(report->gap_s, -1e-6 * report->best.delay_s);
  for (const RulePlaced& rule : report->rules) {
    if (!rule.placed) continue;
    EXPECT_FALSE(IsBetterPlaced(task.objective(), *rule.placed, report->best)) << rule.name;
  }
  return *report;
}

TEST(Place, ASlowNetworkKeepsTheModelTogether) {
  const PlacementTask task =
      TaskOf(WithSource(LinkedMachines({{50, 1'000'000}, {50, 1'000'000}}, 0.5, 50), 5),
             Pieces({{1, 100, 30'000}, {1, 100, 30'000}, {1, 100, 0}}));
  const PlaceReport report = PlaceOf(task);
  EXPECT_THAT(report.best.placement.ends, ElementsAre(3));
  EXPECT_THAT(report.best.placement.replicas, ElementsAre(ElementsAre(0)));
}

TEST(Place, ALoadThatOneMachineCannotCarryIsSpread) {
  // Each machine does 10 tasks/s of the whole model, 24 come.
  const PlacementTask task = TaskOf(
      WithSource(LinkedMachines({{30, 1'000'000}, {30, 1'000'000}, {30, 1'000'000}}, 1000, 0.1),
                 24),
      Pieces({{1.5, 100, 1000}, {1.5, 100, 0}}));
  const PlaceReport report = PlaceOf(task);
  EXPECT_FALSE(report.best.overloaded());
  EXPECT_EQ(report.best.placement.stage_count(), 1) << "replicas of the whole, nothing sent twice";
  EXPECT_EQ(report.best.placement.replicas[0].size(), 3U);
  EXPECT_TRUE(report.rules[3].placed && report.rules[3].placed->overloaded())
      << "one replica of either half is too slow";
}

TEST(Place, MemoryForcesACut) {
  // 700 bytes of weights, no machine has more than 450.
  const PlacementTask task =
      TaskOf(WithSource(LinkedMachines({{30, 450}, {30, 450}}, 1000, 0.1), 2),
             Pieces({{1, 350, 10}, {1, 350, 0}}));
  const PlaceReport report = PlaceOf(task);
  EXPECT_THAT(report.best.placement.ends, ElementsAre(1, 2));
  EXPECT_FALSE(report.rules[0].placed.has_value());
}

TEST(Place, TheFleetFileIsWhatWasPlanned) {
  PlacementModel model =
      Stages({{1, 100, 20'000, true}, {2, 100, 10'000, true}, {3, 100, 0, true}});
  model.profile = SyntheticProfile({true, true, false}, 200, 7);
  Machines machines = LinkedMachines({{20, 1000}, {60, 250}, {30, 1000}}, 200, 0.5);
  machines.machines[0].threads = 8;
  machines.deadline_ms = 500;
  const PlacementTask task =
      TaskOf(WithSource(machines, 6), model, Objective{.accuracy_weight_s = 0.5});
  const PlaceReport report = PlaceOf(task);
  const std::string text = FleetText(task, report.best, {.bundle = "some/bundle's"});
  const Result<Fleet> fleet = ParseFleet(text, "/here/fleet.yaml");
  ASSERT_TRUE(fleet.ok()) << fleet.status() << "\n" << text;
  EXPECT_EQ(fleet->bundle_folder, "/here/some/bundle's");
  EXPECT_EQ(fleet->deadline_s, 0.5);
  EXPECT_EQ(fleet->objective.accuracy_weight_s, 0.5);
  double speed = 0;
  for (const FleetNode& node : fleet->nodes) {
    EXPECT_GE(task.machines().FindMachine(node.machine), 0);
    if (node.machine == "box-a") speed += node.gflops_per_s;
  }
  EXPECT_LE(speed, 20 * (1 + 1e-9)) << "parts of its speed";
  EXPECT_EQ(fleet->links.size(), report.best.scenario.links.size());
  EXPECT_EQ(fleet->nodes.size(), report.best.scenario.nodes.size());
  for (std::size_t n = 0; n < fleet->nodes.size(); ++n) {
    EXPECT_EQ(fleet->nodes[n].gflops_per_s, report.best.scenario.nodes[n].gflops_per_s);
  }
}

TEST(Place, AFloorIsMet) {
  PlacementModel model = Stages({{1, 100, 20'000, true}, {3, 100, 0, true}});
  model.profile = SyntheticProfile({true, false}, 300, 7);
  const Machines machines = WithSource(LinkedMachines({{20, 1000}, {30, 1000}}, 200, 0.5), 4);
  const PlacementTask task = TaskOf(machines, model, Objective{.min_accuracy = 0.85});
  EXPECT_GE(PlaceOf(task).best.accuracy(), 0.85 - 1e-9);
  const PlacementTask beyond = TaskOf(machines, model, Objective{.min_accuracy = 1});
  EXPECT_THAT(Place(beyond, Quick()).status().message(), HasSubstr("accuracy 1 is not reached"));
}

TEST(Place, SaysWhatIsBeyondEveryPlacement) {
  // Enough GFLOP/s in all, but a link that cannot bring them the tasks.
  Machines machines = WithSource(LinkedMachines({{10, 100'000}, {90, 100'000}}, 0.1, 0), 20);
  PlacementModel model = Pieces({{2, 100, 10'000}, {2, 100, 0}});
  model.input_bytes = 10'000;
  const PlacementTask task = TaskOf(machines, model);
  EXPECT_THAT(Place(task, Quick()).status().message(), HasSubstr("are missing"));
  const PlacementTask stopped =
      TaskOf(WithSource(LinkedMachines({{10, 1000}}, 1, 0), 1), Pieces({{1, 1, 1}, {1, 1, 0}}));
  PlaceOptions options = Quick();
  options.stop = [] { return true; };
  EXPECT_EQ(Place(stopped, options).status().code(), StatusCode::kCancelled);
}

TEST(Place, MemoryThatNoPackingKeepsIsSaid) {
  // 3 x 60 into 100 + 100: enough together, but no way to pack them.
  const PlacementTask task = TaskOf(WithSource(LinkedMachines({{10, 100}, {10, 100}}, 10, 0), 1),
                                    Stages({{1, 60, 1}, {1, 60, 1}, {1, 60, 0}}));
  EXPECT_THAT(Place(task, Quick()).status().message(), HasSubstr("no way to put the stages"));
}

}  // namespace
}  // namespace offramp
