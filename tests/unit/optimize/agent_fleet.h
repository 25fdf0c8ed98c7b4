// DtoEe as several tests use it: by agent options, seed and faults; optionally with rates that are
// counted from single tasks.
#pragma once

#include <cstdint>
#include <memory>

#include "offramp/optimize/counted_flows.h"
#include "offramp/optimize/dto_ee.h"

namespace offramp {

struct FleetFaults {
  double loss = 0;
  int age = 0;
  double active = 1;
  double count_s = 0;  // > 0: rates are counted over rounds of this length and smoothed over 1 s
};

class AgentFleet {
 public:
  AgentFleet(Problem problem, DtoEeOptions options, std::uint64_t seed, FleetFaults faults = {});

  void Start(const Strategy& strategy) { fleet_->Start(strategy); }
  const Evaluation& Round();

  // Runs `rounds` and returns the objective after them.
  double Run(int rounds);

  Strategy strategy() const { return fleet_->strategy(); }
  double Objective() { return fleet_->Objective(); }
  const Evaluation& Evaluate() { return fleet_->Evaluate(); }
  void SetAlive(int node, bool alive) { fleet_->SetAlive(node, alive); }
  Problem& problem() { return fleet_->problem(); }
  DtoEeAgent& agent(int node) { return fleet_->agent(node); }
  std::uint64_t round() const { return fleet_->round(); }

 private:
  std::unique_ptr<CountedFlows> counted_;
  std::unique_ptr<DtoEe> fleet_;
};

}  // namespace offramp
