// A whole fleet in memory (hand_fleet.h) against the simulator: the same arrivals and rows, task by
// task the same nodes, exits and delays, and the same shares and thresholds at every arrival.
//
// Times that travel as floats make numbers differ in their eighth digit; decisions may not.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/simulate/live_router.h"
#include "offramp/simulate/network.h"
#include "offramp/simulate/recorder.h"
#include "offramp/simulate/simulator.h"
#include "offramp/simulate/start_strategy.h"
#include "tests/parity/hand_fleet.h"

namespace offramp {
namespace {

constexpr double kEnd_s = 40;

// Two gateways, two stages of two unequal replicas, all joined by unequal links.
Scenario SmallFleet(Policy policy) {
  Scenario scenario;
  scenario.path = "small";
  scenario.input_bytes = kHandRowBytes;
  scenario.stages = {{.gflops = 1, .output_bytes = kHandRowBytes, .exit = true},
                     {.gflops = 1, .exit = true}};
  scenario.profile = HandProfile();
  scenario.profile_is_sample = true;
  scenario.devices = {{"gw0", 23}, {"gw1", 31}};
  scenario.nodes = {{"s1-a", 1, 60}, {"s1-b", 1, 37}, {"s2-a", 2, 29}, {"s2-b", 2, 13}};
  double latency_ms = 1;
  for (int from = 0; from < 4; ++from) {
    for (const int to : from < 2 ? std::vector<int>{2, 3} : std::vector<int>{4, 5}) {
      scenario.links.push_back({.from = from,
                                .to = to,
                                .mbit_per_s = 2,
                                .latency_ms = latency_ms += 0.37,
                                .queue = true});
    }
  }
  scenario.service = ServiceLaw::kDeterministic;
  scenario.objective.accuracy_weight_s = 0.4;
  scenario.policy = policy;
  return scenario;
}

// What the agents of one part had decided when a task arrived.
struct Standing {
  std::vector<double> shares;
  double threshold = 0;
};

struct Arrival {
  double at_s = 0;
  int device = 0;
  std::uint32_t row = 0;
  std::vector<Standing> standing;  // by part
};

struct Fate {
  int exit_stage = 0;
  std::string path;
  double delay_s = 0;
};

// LiveRouter, and a record of what it is asked and answers.
class Watched final : public Router {
 public:
  Watched(const Scenario& scenario, const Network& network, LiveRouter& router)
      : scenario_(scenario), network_(network), router_(router) {}

  void Start(RouterClock& clock) override { router_.Start(clock); }
  bool Admit(SimTask& task, double now_s) override {
    Arrival arrival{now_s, static_cast<int>(task.device), task.row, {}};
    for (int part = 0; part < network_.parts(); ++part) {
      const LivePart& at = router_.part(part);
      arrival.standing.push_back({at.agent().shares(), at.exit_rule().threshold()});
    }
    arrivals.push_back(std::move(arrival));
    fates.emplace_back();
    return router_.Admit(task, now_s);
  }
  int Choose(int part, const SimTask& task, std::uint32_t index, double now_s) override {
    const int link = router_.Choose(part, task, index, now_s);
    std::string& path = fates[task.number].path;
    path +=
        (path.empty() ? "" : ",") + scenario_.part_name(static_cast<int>(network_.link(link).to));
    return link;
  }
  double Threshold(int part, const SimTask& task, double now_s) override {
    return router_.Threshold(part, task, now_s);
  }
  void OnSurvived(int part, std::uint32_t index, double threshold) override {
    router_.OnSurvived(part, index, threshold);
  }
  void OnSent(int link, double now_s) override { router_.OnSent(link, now_s); }
  void OnDelivered(const SimTask& task, std::uint32_t index, double now_s) override {
    router_.OnDelivered(task, index, now_s);
  }
  void OnServed(int part, double waited_s, double service_s) override {
    router_.OnServed(part, waited_s, service_s);
  }
  void OnStageDone(int link, double sent_s, double entered_s, double now_s) override {
    router_.OnStageDone(link, sent_s, entered_s, now_s);
  }
  void OnAnswered(const SimTask& task, std::uint32_t index, int stage, double confidence,
                  double delay_s) override {
    fates[task.number].exit_stage = stage;
    fates[task.number].delay_s = delay_s;
    router_.OnAnswered(task, index, stage, confidence, delay_s);
  }
  void SetAvailable(int part, bool available, double now_s) override {
    router_.SetAvailable(part, available, now_s);
  }
  void Round(int part, double now_s) override { router_.Round(part, now_s); }
  void SendReports(int part, double now_s) override { router_.SendReports(part, now_s); }

  std::vector<Arrival> arrivals;
  std::vector<Fate> fates;

 private:
  const Scenario& scenario_;
  const Network& network_;
  LiveRouter& router_;
};

class FleetParity : public testing::TestWithParam<Policy> {};
INSTANTIATE_TEST_SUITE_P(Policies, FleetParity,
                         testing::Values(Policy::kDtoEe, Policy::kWeightedLeastOutstanding,
                                         Policy::kPeakEwma, Policy::kRoundRobin));

TEST_P(FleetParity, EveryTaskGoesWhereItsSimulationGoes) {
  const Scenario scenario = SmallFleet(GetParam());
  const Draws draws(17);
  SimulateOptions options;
  options.policy = GetParam();
  options.admission = true;
  options.cold = true;
  const Problem problem = ProblemOf(scenario).value();
  Network network(scenario);
  const StartStrategy start = ChooseStart(scenario, problem, options).value();
  LiveRouter router(scenario, network, options, problem, start,
                    network.Flatten(scenario, problem, start.strategy), draws);
  Watched watched(scenario, network, router);
  Recorder recorder(network.stages(), 0);
  SimulatorLimits limits;
  limits.end_s = kEnd_s;
  ASSERT_TRUE(Simulator(scenario, network, watched, recorder, draws, limits).Run());
  ASSERT_GT(watched.arrivals.size(), 1500U);

  HandFleet fleet(scenario, draws);
  for (const Arrival& arrival : watched.arrivals) {
    fleet.loop().RunUntil(arrival.at_s);
    for (int part = 0; part < network.parts(); ++part) {
      const Standing& simulated = arrival.standing[static_cast<std::size_t>(part)];
      const AgentRunner& real = fleet.agents(part);
      ASSERT_NEAR(real.exit_rule().threshold(), simulated.threshold, 1e-6)
          << scenario.part_name(part) << " at " << arrival.at_s;
      ASSERT_EQ(real.shares().size(), simulated.shares.size());
      for (std::size_t k = 0; k < simulated.shares.size(); ++k) {
        ASSERT_NEAR(real.shares()[k], simulated.shares[k], 1e-5)
            << scenario.part_name(part) << " at " << arrival.at_s;
      }
    }
    fleet.Ask(arrival.device, arrival.row);
  }
  fleet.loop().RunFor(10);
  int exits[3] = {0, 0, 0};
  for (std::size_t task = 0; task < watched.fates.size(); ++task) {
    const HandFleet::Answer& real = fleet.answers()[task];
    const Fate& simulated = watched.fates[task];
    ASSERT_EQ(real.path, simulated.path) << "task " << task;
    ASSERT_EQ(real.exit_stage, simulated.exit_stage) << "task " << task;
    ASSERT_NEAR(real.delay_s, simulated.delay_s, 1e-6) << "task " << task;
    ++exits[real.exit_stage];
  }
  EXPECT_GT(exits[1], 100);
  EXPECT_GT(exits[2], 100);
}

}  // namespace
}  // namespace offramp
