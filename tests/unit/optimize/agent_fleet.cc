#include "tests/unit/optimize/agent_fleet.h"

#include <utility>

namespace offramp {

AgentFleet::AgentFleet(Problem problem, DtoEeOptions options, std::uint64_t seed,
                       FleetFaults faults) {
  DtoEeRunOptions run{.agent = options,
                      .seed = seed,
                      .faults = {.loss = faults.loss, .age = faults.age, .active = faults.active},
                      .measured = {}};
  if (faults.count_s > 0) {
    counted_ = std::make_unique<CountedFlows>(problem, faults.count_s, 1.0, false, seed);
    run.measured = [this](int node, AgentMeasurement& measurement) {
      counted_->Apply(fleet_->problem(), node, measurement);
    };
  }
  fleet_ = std::make_unique<DtoEe>(std::move(problem), std::move(run));
}

const Evaluation& AgentFleet::Round() {
  if (counted_) counted_->Count(fleet_->problem(), fleet_->strategy());
  return fleet_->Round();
}

double AgentFleet::Run(int rounds) {
  for (int r = 0; r < rounds; ++r) Round();
  return Objective();
}

}  // namespace offramp
