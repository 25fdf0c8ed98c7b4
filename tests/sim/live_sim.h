// A small deterministic simulation of a live fleet: gateways, stages of replicas with constant
// service times, serialising links, acknowledgements and reports, and exits by profile rows. Every
// decision is taken by the objects that the daemons run: Sender and LiveAgent. It holds the live
// rule to its promises on fixed seeds; it is no planning tool.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/core/objective.h"
#include "offramp/core/policy.h"

namespace offramp {

struct SimEvent {
  enum class Kind { kKill, kSlow };
  Kind kind = Kind::kKill;
  double at_s = 0;
  int stage = 1;      // 1-based
  int replica = 0;    // within the stage
  double factor = 4;  // kSlow: service takes this many times as long from now on
};

struct SimOptions {
  Policy policy = Policy::kDtoEe;
  std::vector<std::vector<double>> capacity_per_s;  // by stage
  int gateways = 1;
  double rate_per_s = 100;  // Poisson, over all gateways
  double duration_s = 60;
  std::shared_ptr<const ExitProfile> profile;  // that tasks follow
  std::vector<double> thresholds;              // by stage with an exit; fixed
  // Agents decide shares and thresholds. Without, dto-ee gets shares proportional to capacity and
  // each offloader counts as an even part of its receivers' inflow; not even that without
  // `deficits`.
  bool agents = false;
  bool deficits = true;
  std::shared_ptr<const ExitProfile> agent_profile;  // that agents know: other rows, same law
  Objective objective;                               // of the agents
  double report_period_s = 0.02;
  double report_age_s = 0;   // > 0: reports arrive so late, and acknowledgements carry none
  double detection_s = 0.3;  // from a death until its offloaders know
  std::uint64_t seed = 1;
  std::vector<SimEvent> events;
};

struct SimTask {
  double arrival_s = 0;
  double delay_s = -1;  // < 0: never answered
  int exit_stage = 0;
  bool correct = false;
  double confidence = 1;  // at its exit; 1 of the last stage's
  double weight_s = 0;    // accuracy weight of its gateway when it came
};

struct SimResult {
  std::vector<SimTask> tasks;
  std::vector<std::vector<int>> sent;  // tasks sent to each replica, by stage
  int sent_to_unavailable = 0;         // after its offloaders knew
  int swallowed = 0;                   // sent to a dead replica before they knew
  int deepest_queue = 0;               // tasks at one replica, ever
  bool objective_met = true;           // says every gateway, at the end

  // Over the tasks that arrived in [from_s, to_s).
  double MeanDelay(double from_s, double to_s) const;
  double Accuracy(double from_s, double to_s) const;
  double MeanWeight(double from_s, double to_s) const;
  int Unanswered() const;
};

SimResult Simulate(const SimOptions& options);

// Fleet F2 of dispatch.md.
std::vector<std::vector<double>> FleetF2();

// A calibrated profile of `stages` stages: a row's confidence at an exit is the probability that
// the exit is right; later exits are surer.
std::shared_ptr<const ExitProfile> SyntheticProfile(int stages, int rows, std::uint64_t seed);

}  // namespace offramp
