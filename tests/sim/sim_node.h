// One part of a simulated fleet, gateway or replica: the daemons' own objects, and what a daemon
// would measure for them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/report.h"
#include "offramp/core/sender.h"
#include "offramp/optimize/answer_meter.h"
#include "offramp/optimize/dto_ee_agent.h"
#include "offramp/optimize/fleet_weight.h"
#include "offramp/optimize/objective_control.h"
#include "tests/sim/live_sim.h"

namespace offramp {

struct SimNode {
  struct Waiting {
    std::size_t task;
    double since_s;
  };

  SimNode(const SimOptions& options, int stage, double capacity_per_s, int offloaders,
          std::vector<ReceiverSpec> receivers, std::uint64_t seed);

  void CountSent(int k) { ++sent_[static_cast<std::size_t>(k)]; }
  void CountOut() { ++out_; }
  void CountReceived(int offloader, const std::vector<float>& survived, double weight_s);
  void CountWait(double wait_s);
  void CountServed(double service_s);

  // A gateway: the weight in force at receiver k.
  void HearWeight(int k, double told_s) { heard_.Hear(k, told_s); }

  // What it tells offloader i at `now_s`.
  Report MakeReport(int offloader, double now_s) const;

  // Turns the counts of the last `period_s` into rates and hands them to the agent.
  void Measure(double period_s, std::uint64_t round);

  // The agent's step, applied to sender and exit rule.
  void Decide(std::uint64_t round);

  int stage;
  double capacity_per_s;
  Sender sender;
  ExitRule exit_rule;
  std::unique_ptr<DtoEeAgent> agent;  // null without agents
  AnswerMeter answers;                // a gateway's, and its control
  ObjectiveControl objective;
  double weight_s;  // accuracy weight in force here
  bool alive = true;
  bool known_dead = false;
  double slowness = 1;
  double busy_until_s = 0;
  std::deque<Waiting> queue;  // front: being served

 private:
  std::shared_ptr<const ExitProfile> profile_;
  Random random_;
  double service_s_;
  double congestion_ = 0.5;
  double wait_s_ = 0;
  int waits_ = 0;
  std::vector<int> sent_;      // since the last round, by receiver
  std::vector<int> received_;  // since the last round, by offloader
  int out_ = 0;
  std::vector<std::uint64_t> received_ever_;
  std::uint64_t finished_ = 0;
  std::vector<double> flow_per_s_;
  std::vector<double> inflow_per_s_;
  double out_per_s_ = 0;
  double arrival_per_s_ = 0;
  TaskWeight tasks_say_;                      // a replica
  HeardWeights heard_;                        // a gateway
  std::vector<std::vector<float>> survived_;  // of tasks since the last round
  std::vector<float> mix_;
};

}  // namespace offramp
