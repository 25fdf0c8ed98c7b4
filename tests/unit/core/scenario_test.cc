#include "offramp/core/scenario.h"

#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two devices, stages of two and one node, an exit at stage 1. The nodes stand in the wrong order
// of stages on purpose.
Scenario Small() {
  Scenario scenario;
  scenario.input_bytes = 100'000;
  scenario.stages = {{.gflops = 2, .output_bytes = 50'000, .exit = true}, {.gflops = 4}};
  scenario.profile =
      std::make_shared<ExitProfile>(std::vector<std::vector<float>>{{0.5F, 0.9F}, {}},
                                    std::vector<std::vector<float>>{{0.0F, 1.0F}, {1.0F, 1.0F}});
  scenario.devices = {{.name = "a", .tasks_per_s = 3}, {.name = "b", .tasks_per_s = 4}};
  scenario.nodes = {{.name = "z", .stage = 2, .gflops_per_s = 80},
                    {.name = "x", .stage = 1, .gflops_per_s = 30},
                    {.name = "y", .stage = 1, .gflops_per_s = 50}};
  scenario.links = {{.from = 0, .to = 3, .mbit_per_s = 8, .latency_ms = 5},
                    {.from = 1, .to = 4, .mbit_per_s = 0, .latency_ms = 1},
                    {.from = 3, .to = 2, .mbit_per_s = 40},
                    {.from = 4, .to = 2, .mbit_per_s = 40}};
  scenario.objective.accuracy_weight_s = 4;
  return scenario;
}

std::string ErrorAfter(const std::function<void(Scenario&)>& edit) {
  Scenario scenario = Small();
  edit(scenario);
  const Status status = CheckScenario(scenario);
  EXPECT_EQ(ProblemOf(scenario).status(), status);
  return status.message();
}

TEST(Scenario, BecomesAProblemInSecondsAndTasks) {
  const Scenario scenario = Small();
  const Result<Problem> made = ProblemOf(scenario);
  ASSERT_TRUE(made.ok()) << made.status();
  const Problem& problem = *made;
  const int x = problem.FindNode("x");
  const int z = problem.FindNode("z");
  EXPECT_EQ(problem.node(problem.FindNode("b")).arrival_rate_per_s, 4);
  EXPECT_EQ(problem.node(x).service_rate_per_s, 15);  // 30 GFLOP/s / 2 GFLOP
  EXPECT_EQ(problem.node(z).service_rate_per_s, 20);
  EXPECT_EQ(problem.node(z).congestion, 1);  // exponential unless given
  // 100 kB over 8 Mbit/s take 0.1 s, and 5 ms of latency.
  EXPECT_NEAR(problem.link(problem.first_link(0)).transfer_s, 0.105, 1e-12);
  EXPECT_NEAR(problem.link(problem.first_link(1)).transfer_s, 0.001, 1e-12);
  // The stage's own output: 50 kB over 40 Mbit/s.
  EXPECT_NEAR(problem.link(problem.first_link(x)).transfer_s, 0.01, 1e-12);
  EXPECT_EQ(problem.accuracy_weight_s(), 4);
  EXPECT_TRUE(problem.has_exit(1));
  EXPECT_THAT(ProblemIndex(scenario, problem), ElementsAre(0, 1, z, x, problem.FindNode("y")));
}

TEST(Scenario, CongestionFollowsTheServiceLaw) {
  Scenario scenario = Small();
  EXPECT_EQ(scenario.congestion(), 1);
  scenario.service = ServiceLaw::kDeterministic;
  EXPECT_EQ(scenario.congestion(), 0.5);
  scenario.service = ServiceLaw::kMeasured;
  EXPECT_EQ(scenario.congestion(), 0.5);
  // 0.5 and 1.5 means: squared coefficient of variation 1/4.
  scenario.service_histogram = ServiceHistogram::Create({1, 1, 3, 3}, {2, 0, 2}).value();
  EXPECT_DOUBLE_EQ(scenario.congestion(), 0.625);
}

TEST(Scenario, NamesWhatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(ErrorAfter([](Scenario&) {}), "");
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.stages.clear(); }), HasSubstr("no stage"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.stages[1].gflops = 0; }),
              HasSubstr("stage 2: gflops must be > 0"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.input_bytes = -1; }), HasSubstr("model: input_bytes"));
  EXPECT_THAT(ErrorAfter([&](Scenario& s) { s.devices[1].tasks_per_s = nan; }),
              HasSubstr("device 'b': tasks_per_s"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.devices[0].tasks_per_s = 1e12; }),
              HasSubstr("<= 1000000000"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.nodes[1].name = "a"; }),
              HasSubstr("node 'a': the name is taken"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.nodes[0].stage = 3; }),
              HasSubstr("node 'z': stage must be 1 to 2"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.nodes.erase(s.nodes.begin()); }),
              HasSubstr("stage 2: has no node"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.nodes[2].gflops_per_s = -5; }),
              HasSubstr("node 'y': gflops_per_s must be > 0"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.links.erase(s.links.begin()); }),
              HasSubstr("device 'a': has no link to stage 1"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.links.pop_back(); }),
              HasSubstr("node 'y': has no link to stage 2"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.links.push_back({.from = 2, .to = 3}); }),
              HasSubstr("'z' -> 'x': must lead to the next stage"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.links.push_back(s.links[0]); }),
              HasSubstr("'a' -> 'x': given twice"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.links[0].latency_ms = -1; }),
              HasSubstr("'a' -> 'x': latency_ms"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.profile = nullptr; }),
              HasSubstr("stage 1: has an exit"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.stages[0].exit = false; }),
              HasSubstr("stage 1: has no exit"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.objective.min_accuracy = 1.5; }),
              HasSubstr("min_accuracy"));
  EXPECT_THAT(ErrorAfter([](Scenario& s) { s.period_s = 0; }), HasSubstr("period"));
}

TEST(Scenario, ChecksChanges) {
  const auto with = [](std::vector<ScenarioChange> changes) {
    return ErrorAfter([&](Scenario& s) { s.changes = changes; });
  };
  EXPECT_EQ(with({{.at_s = 1, .what = NodeSpeedChange{.part = 2, .gflops_per_s = 4}},
                  {.at_s = 2, .what = DeviceRateChange{.part = 0, .tasks_per_s = 0}},
                  {.at_s = 3, .what = LinkRateChange{.link = 3, .mbit_per_s = 5}},
                  {.at_s = 3, .what = NodeDownChange{.part = 4, .down = true}}}),
            "");
  EXPECT_THAT(with({{.at_s = 2, .what = NodeDownChange{.part = 4, .down = true}},
                    {.at_s = 1, .what = NodeDownChange{.part = 4, .down = false}}}),
              HasSubstr("change 2: at_s"));
  EXPECT_THAT(with({{.at_s = 1, .what = NodeDownChange{.part = 0, .down = true}}}),
              HasSubstr("change 1: no such node"));
  EXPECT_THAT(with({{.at_s = 1, .what = DeviceRateChange{.part = 3, .tasks_per_s = 1}}}),
              HasSubstr("no such device"));
  EXPECT_THAT(with({{.at_s = 1, .what = LinkRateChange{.link = 4, .mbit_per_s = 1}}}),
              HasSubstr("no such link"));
}

TEST(Scenario, FindsParts) {
  const Scenario scenario = Small();
  EXPECT_EQ(scenario.FindPart("b"), 1);
  EXPECT_EQ(scenario.FindPart("x"), 3);
  EXPECT_EQ(scenario.FindPart("nobody"), -1);
  EXPECT_EQ(scenario.part_stage(1), 0);
  EXPECT_EQ(scenario.part_stage(2), 2);
}

}  // namespace
}  // namespace offramp
