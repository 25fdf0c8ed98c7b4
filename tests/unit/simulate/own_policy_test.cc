#include "offramp/simulate/own_policy.h"

#include <memory>

#include <gtest/gtest.h>

#include "offramp/simulate/simulation.h"
#include "tests/unit/simulate/scenarios.h"

namespace offramp {
namespace {

// Random halves, and a threshold of one's own.
class Halves : public OwnPolicy {
 public:
  void Start(const Scenario& scenario) override { devices_ = scenario.devices.size(); }
  int Choose(const TaskView& task, std::span<const ReceiverView> receivers) override {
    EXPECT_EQ(receivers.size(), 2U);
    EXPECT_GE(receivers[0].part, static_cast<int>(devices_));
    return task.draw < 0.5 ? 0 : 1;
  }
  double Threshold(const TaskView& task) override {
    EXPECT_EQ(task.stage, 1);
    return 0.6;
  }

 private:
  std::size_t devices_ = 0;
};

// As core's least outstanding, but ties go to the first.
class Least final : public Halves {
 public:
  int Choose(const TaskView& /*task*/, std::span<const ReceiverView> receivers) override {
    int best = -1;
    for (int k = 0; k < static_cast<int>(receivers.size()); ++k) {
      const ReceiverView& one = receivers[static_cast<std::size_t>(k)];
      EXPECT_GE(one.outstanding, 0);
      EXPECT_LE(one.queued_tasks, 500);
      if (!one.available) continue;
      if (best < 0 || one.outstanding < receivers[static_cast<std::size_t>(best)].outstanding) {
        best = k;
      }
    }
    return best;
  }
};

SimulateOptions With(std::shared_ptr<OwnPolicy> policy, double seconds) {
  SimulateOptions options;
  options.own = std::move(policy);
  options.seconds = seconds;
  return options;
}

TEST(OwnPolicyTest, WhatItDecidesHappens) {
  const SimulationResult result =
      Simulate(ExitScenario(10, {{20, 20}, {20, 20}}), With(std::make_shared<Halves>(), 4000))
          .value();
  EXPECT_NEAR(result.arrival_rate_per_s[0], 5, 0.1);
  EXPECT_NEAR(result.exit_share.at(1), 0.4, 0.01);
  EXPECT_NEAR(result.mean_delay_s, 1 / 15.0 + 0.6 / 17, 0.003);
}

TEST(OwnPolicyTest, ItSeesItsOwnTasksAndDeaths) {
  Scenario scenario = ExitScenario(10, {{20, 20}, {20, 20}});
  scenario.changes = {{200, NodeDownChange{1, true}}, {300, NodeDownChange{1, false}}};
  const SimulationResult least = Simulate(scenario, With(std::make_shared<Least>(), 400)).value();
  EXPECT_EQ(least.finished, least.generated);
  const double first = least.arrival_rate_per_s[0];
  scenario.changes.clear();
  const SimulationResult calm = Simulate(scenario, With(std::make_shared<Least>(), 400)).value();
  EXPECT_LT(first, 0.8 * calm.arrival_rate_per_s[0]);
  scenario.changes = {{200, NodeDownChange{1, true}}, {300, NodeDownChange{1, false}}};
  const SimulationResult halves = Simulate(scenario, With(std::make_shared<Halves>(), 400)).value();
  EXPECT_GT(halves.mean_delay_s, 10 * least.mean_delay_s) << "half of them waited for the dead one";
}

TEST(OwnPolicyTest, TheSameSeedGivesTheSameRun) {
  const Scenario scenario = ExitScenario(10, {{20, 20}, {20, 20}});
  const SimulationResult a = Simulate(scenario, With(std::make_shared<Halves>(), 100)).value();
  const SimulationResult b = Simulate(scenario, With(std::make_shared<Halves>(), 100)).value();
  EXPECT_EQ(a.mean_delay_s, b.mean_delay_s);
}

}  // namespace
}  // namespace offramp
