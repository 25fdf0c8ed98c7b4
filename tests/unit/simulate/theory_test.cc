// The simulator against what queueing theory says: within four standard errors, seeds fixed.
#include <cmath>

#include <gtest/gtest.h>

#include "offramp/core/evaluate.h"
#include "offramp/core/exit_rule.h"
#include "offramp/simulate/simulation.h"
#include "tests/unit/simulate/scenarios.h"

namespace offramp {
namespace {

SimulateOptions Tasks(std::int64_t tasks, double threshold = 0.8) {
  SimulateOptions options;
  options.policy = Policy::kComputingFirst;
  options.thresholds.fixed = threshold;
  options.tasks = tasks;
  return options;
}

// Half the 95 % interval is about two standard errors.
void ExpectMean(const SimulationResult& result, double expected_s) {
  const double half_s = (result.mean_ci95_s[1] - result.mean_ci95_s[0]) / 2;
  EXPECT_NEAR(result.mean_delay_s, expected_s, 2 * half_s);
  EXPECT_LT(half_s, 0.04 * expected_s);
}

// L = lambda W at every node, whatever the run: one side is an integral over time, the other a sum
// over tasks.
void ExpectLittle(const SimulationResult& result) {
  for (std::size_t i = 0; i < result.mean_in_system.size(); ++i) {
    EXPECT_NEAR(result.mean_in_system[i], result.arrival_rate_per_s[i] * result.mean_sojourn_s[i],
                1e-9 * (1 + result.mean_in_system[i]))
        << "node " << i;
  }
}

TEST(TheoryTest, OneExponentialServer) {
  const SimulationResult result = Simulate(PlainScenario(8, {{10}}), Tasks(400'000)).value();
  ExpectMean(result, 1 / (10.0 - 8));
  EXPECT_NEAR(result.utilization[0], 0.8, 0.01);
  EXPECT_NEAR(result.mean_in_system[0], 4, 0.2);
  // The time there is exponential: quantiles -ln(1 - q) / (mu - lambda).
  EXPECT_NEAR(result.p50_s, std::log(2) / 2, 0.02);
  EXPECT_NEAR(result.p95_s, std::log(20) / 2, 0.08);
  EXPECT_NEAR(result.p99_s, std::log(100) / 2, 0.15);
  ExpectLittle(result);
}

TEST(TheoryTest, OneDeterministicServer) {
  Scenario scenario = PlainScenario(8, {{10}});
  scenario.service = ServiceLaw::kDeterministic;
  const SimulationResult result = Simulate(scenario, Tasks(300'000)).value();
  ExpectMean(result, 0.1 * (1 + 0.8 / (2 * (1 - 0.8))));
  ExpectLittle(result);
}

TEST(TheoryTest, OneServerWithAMeasuredLaw) {
  Scenario scenario = PlainScenario(6, {{10}});
  scenario.service = ServiceLaw::kMeasured;
  // Two exact times: 0.5 and 2.5 means, squared variation 0.75.
  scenario.service_histogram = ServiceHistogram::Create({1, 1, 5, 5}, {3, 0, 1}).value();
  const SimulationResult result = Simulate(scenario, Tasks(300'000)).value();
  ExpectMean(result, 0.1 * (1 + 0.6 * (1 + 0.75) / (2 * (1 - 0.6))));
  ExpectLittle(result);
}

// Pollaczek-Khinchine for times spread evenly within the bins; the plan predicts the same.
TEST(TheoryTest, OneServerWithAHistogram) {
  Scenario scenario = PlainScenario(7, {{10}});
  scenario.service = ServiceLaw::kMeasured;
  scenario.service_histogram = ServiceHistogram::Create({0.2, 0.6, 4}, {70, 30}).value();
  const double mean = 0.7 * 0.4 + 0.3 * 2.3;
  const double square = 0.7 * (0.04 + 0.12 + 0.36) / 3 + 0.3 * (0.36 + 2.4 + 16) / 3;
  const double scv = square / (mean * mean) - 1;
  const double expected_s = 0.1 * (1 + 0.7 * (1 + scv) / (2 * (1 - 0.7)));
  const SimulationResult result = Simulate(scenario, Tasks(400'000)).value();
  ExpectMean(result, expected_s);
  ExpectLittle(result);
  const Problem problem = ProblemOf(scenario).value();
  const Strategy strategy = UniformStrategy(problem, kNeverExit);
  EXPECT_NEAR(Evaluator().Evaluate(problem, strategy).mean_delay_s, expected_s, 1e-12);
}

// Jackson: departures of an exponential server are Poisson, and stay so when thinned by exits.
TEST(TheoryTest, ATandemWithExits) {
  const SimulationResult result =
      Simulate(ExitScenario(8, {{10}, {7}, {6}}), Tasks(400'000, 0.6)).value();
  // Confidences of all exits are one draw: what passes the first exit passes the second.
  const double on = 0.6;
  ExpectMean(result, 1 / (10.0 - 8) + on / (7 - 8 * on) + on / (6 - 8 * on));
  EXPECT_NEAR(result.exit_share.at(1), 0.4, 0.005);
  EXPECT_EQ(result.exit_share.at(2), 0);
}

TEST(TheoryTest, ATandemWhoseSecondExitTakesSomeToo) {
  Scenario scenario = ExitScenario(5, {{10}, {7}, {3}});
  SimulateOptions options = Tasks(400'000);
  const Problem problem = ProblemOf(scenario).value();
  options.start = CapacityStrategy(problem, 0.6);
  SetStageThreshold(problem, 2, 0.3, *options.start);
  const SimulationResult result = Simulate(scenario, options).value();
  ExpectMean(result, 1 / (10.0 - 5) + 0.6 / (7 - 5 * 0.6) + 0.3 / (3 - 5 * 0.3));
  EXPECT_NEAR(result.exit_share.at(1), 0.4, 0.005);
  EXPECT_NEAR(result.exit_share.at(2), 0.3, 0.005);
  EXPECT_NEAR(result.exit_share.at(3), 0.3, 0.005);
  ExpectLittle(result);
}

TEST(TheoryTest, SharesSplitAPoissonStream) {
  Scenario scenario = PlainScenario(9, {{10, 5}});
  SimulateOptions options = Tasks(400'000);
  const Problem problem = ProblemOf(scenario).value();
  options.start = UniformStrategy(problem, 0.8);
  options.start->share = {0.7, 0.3};
  const SimulationResult result = Simulate(scenario, options).value();
  EXPECT_NEAR(result.arrival_rate_per_s[0], 6.3, 0.05);
  EXPECT_NEAR(result.link_flow_per_s[1], 2.7, 0.03);
  ExpectMean(result, 0.7 / (10 - 6.3) + 0.3 / (5 - 2.7));
}

TEST(TheoryTest, LinksTakeTheirTimeAndAQueuedOneIsAServer) {
  Scenario scenario = PlainScenario(10, {{1000}});
  scenario.service = ServiceLaw::kDeterministic;
  scenario.input_bytes = 10'000;
  scenario.links[0].mbit_per_s = 1;  // 80 ms a task: 80 % of the time
  scenario.links[0].latency_ms = 20;
  const SimulationResult free = Simulate(scenario, Tasks(200'000)).value();
  // At the node tasks do wait, a little: 1 % of load.
  EXPECT_NEAR(free.mean_delay_s, 0.08 + 0.02 + 0.001, 1e-4);
  scenario.links[0].queue = true;
  const SimulationResult queued = Simulate(scenario, Tasks(200'000)).value();
  ExpectMean(queued, 0.08 * (1 + 0.8 / (2 * 0.2)) + 0.02 + 0.001);
}

TEST(TheoryTest, LittleHoldsThroughDeathsAndOverload) {
  Scenario scenario = ExitScenario(12, {{10, 8}, {6, 6}});
  scenario.changes = {{20, NodeDownChange{1, true}},
                      {40, NodeDownChange{1, false}},
                      {50, NodeSpeedChange{2, 3}},
                      {60, DeviceRateChange{0, 25}}};
  for (const Policy policy : {Policy::kComputingFirst, Policy::kLeastOutstanding}) {
    SimulateOptions options;
    options.policy = policy;
    options.seconds = 100;
    const SimulationResult result = Simulate(scenario, options).value();
    ExpectLittle(result);
    EXPECT_EQ(result.generated, result.finished + result.refused + result.lost);
    EXPECT_GT(result.resent, 0);
  }
}

}  // namespace
}  // namespace offramp
