#include "offramp/cli/demo/demo_table.h"

#include <sstream>

#include <gtest/gtest.h>

namespace offramp {
namespace {

LoadRecord Task(double due_s, double delay_s, LoadOutcome outcome = LoadOutcome::kAnswered) {
  LoadRecord record;
  record.due_s = due_s;
  record.delay_s = delay_s;
  record.outcome = outcome;
  record.correct = 1;
  return record;
}

DemoScenario TwoParts() {
  DemoScenario scenario;
  scenario.seconds = 3;
  scenario.parts = {{"quiet", 1, 2}, {"kill", 2, 3}};
  return scenario;
}

std::vector<DemoRun> TwoRuns() {
  DemoRun ours;
  ours.policy = "dto-ee";
  ours.records = {Task(0.5, 9), Task(1.5, 0.040), Task(2.5, 0.050)};
  DemoRun theirs;
  theirs.policy = "round-robin";
  theirs.records = {Task(0.5, 9), Task(1.5, 0.060), Task(2.5, 0, LoadOutcome::kRefused)};
  return {ours, theirs};
}

TEST(DemoTable, EveryPolicyInEveryPartAndTheWholeWithoutTheWarmUp) {
  const auto cells = DemoCells(TwoParts(), TwoRuns());
  ASSERT_EQ(cells.size(), 6u);
  EXPECT_EQ(cells[0].part, "quiet");
  EXPECT_EQ(cells[4].part, "whole");
  EXPECT_EQ(cells[4].summary.requests, 2);
  EXPECT_DOUBLE_EQ(cells[4].summary.delay.max_s, 0.050);
}

TEST(DemoTable, ComparesWithTheFirstPolicyAndShowsGapsAsDashes) {
  const std::string table = DemoTable(DemoCells(TwoParts(), TwoRuns()), false);
  EXPECT_NE(table.find("quiet  dto-ee            40             40  100.0        0     0\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("       round-robin       60  +50 %      60  100.0        0     0\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("       round-robin        -              -      -        1     0\n"),
            std::string::npos)
      << table;
}

TEST(DemoTable, FitsEightyColumns) {
  auto runs = TwoRuns();
  runs[1].policy = "weighted-least-outstanding";
  runs[1].records[1].delay_s = 12.345;
  std::istringstream lines(DemoTable(DemoCells(TwoParts(), runs), false));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), line.starts_with("─") ? 240u : 80u) << line;
  }
}

TEST(LostTasks, CountsTheWarmUpTooButNoRefusals) {
  auto runs = TwoRuns();
  EXPECT_EQ(LostTasks(runs), 0);
  runs[0].records[0].outcome = LoadOutcome::kFailed;
  runs[1].records[1].outcome = LoadOutcome::kPending;
  EXPECT_EQ(LostTasks(runs), 2);
}

}  // namespace
}  // namespace offramp
