// What a task for the search says: figures, memory, and in one line what is missing by how much.
#include "offramp/placement/placement_task.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/placement/cases.h"

namespace offramp {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kMega = 1'000'000;

Machines Two(double tasks_per_s) {
  return WithSource(LinkedMachines({{10, 100 * kMega}, {20, 50 * kMega}}, 100, 1), tasks_per_s);
}

std::string ErrorOf(Machines machines, PlacementModel model) {
  const auto task = PlacementTask::Create(std::move(machines), std::move(model), {}, 6);
  EXPECT_FALSE(task.ok());
  EXPECT_EQ(task.status().message().find('\n'), std::string::npos);
  return task.status().message();
}

TEST(PlacementTask, AddsUpSegmentsAndTransfers) {
  const auto task = PlacementTask::Create(
      Two(2), Stages({{1, 10 * kMega, 125'000}, {2, 20 * kMega, 250'000}, {4, 5 * kMega}}), {}, 6);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->stages_max(), 3) << "a bundle's stages";
  EXPECT_EQ(task->Stage(0, 2).gflops, 3);
  EXPECT_EQ(task->Stage(0, 2).memory_bytes, 30 * kMega);
  EXPECT_EQ(task->BytesInto(0), 10);
  EXPECT_EQ(task->BytesInto(2), 250'000);
  EXPECT_NEAR(task->TransferSeconds(125'000, 0, 1), 0.011, 1e-12);
  EXPECT_NEAR(task->BusySeconds(125'000, 0, 1), 0.010, 1e-12);
  EXPECT_EQ(task->TransferSeconds(125'000, 1, 1), 0);
  EXPECT_EQ(task->total_rate_per_s(), 2);
}

TEST(PlacementTask, KeepsMemoryOverAllStagesOfAMachine) {
  const auto task =
      PlacementTask::Create(Two(1), Stages({{1, 40 * kMega, 1}, {1, 30 * kMega, 1}}), {}, 6);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_TRUE(task->Fits({.ends = {1, 2}, .replicas = {{0}, {0, 1}}}));
  EXPECT_FALSE(task->Fits({.ends = {1, 2}, .replicas = {{0, 1}, {1}}})) << "70 MB in 50";
  EXPECT_FALSE(task->Fits({.ends = {1, 2}, .replicas = {{0}, {}}})) << "a stage nowhere";
}

TEST(PlacementTask, PrunesWhatNothingReaches) {
  Machines machines = Two(1);
  machines.links = {{0, 1, 100, 0}};  // one way
  const auto task = PlacementTask::Create(machines, Stages({{1, 1, 1}, {1, 1, 1}}), {}, 6);
  ASSERT_TRUE(task.ok()) << task.status();
  Placement placement{.ends = {1, 2}, .replicas = {{0, 1}, {0}}};
  EXPECT_TRUE(task->Prune(placement));
  EXPECT_THAT(placement.replicas[0], ElementsAre(0)) << "box-b cannot send on to box-a";
  Placement nowhere{.ends = {1, 2}, .replicas = {{1}, {0}}};
  EXPECT_FALSE(task->Prune(nowhere));
}

TEST(PlacementTask, SaysWhatIsMissing) {
  EXPECT_THAT(ErrorOf(Two(1), Stages({{1, 10 * kMega, 1}, {1, 120 * kMega}})),
              AllOf(HasSubstr("stage 2 needs 120 MB"), HasSubstr("100 MB (box-a)"),
                    HasSubstr("20 MB are missing")));
  EXPECT_THAT(ErrorOf(Two(1), Stages({{1, 80 * kMega, 1}, {1, 90 * kMega}})),
              AllOf(HasSubstr("needs 170 MB"), HasSubstr("20 MB are missing")));
  EXPECT_THAT(ErrorOf(Two(40), Stages({{1, kMega, 1}, {1, kMega}})),
              AllOf(HasSubstr("80 GFLOP/s"), HasSubstr("50 GFLOP/s are missing")));
  Machines apart = Two(1);
  apart.links.clear();
  apart.machines[0].memory_bytes = kMega;
  EXPECT_THAT(ErrorOf(apart, Stages({{1, kMega, 1}, {1, 40 * kMega}})),
              HasSubstr("no link leads from source gw0 on box-a to a machine that holds stage 2"));
}

}  // namespace
}  // namespace offramp
