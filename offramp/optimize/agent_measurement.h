// What a node measured since its agent's last round (rates.h and row_mix.h keep most of it).
#pragma once

#include <vector>

namespace offramp {

// Seconds and tasks/s. Offloaders and receivers by index, in the agent's fixed order. What is
// missing, negative or not a number counts as zero; an empty receiver_alive: all alive; an empty
// row_mix: all rows alike.
struct AgentMeasurement {
  double service_s = 0;              // of one task; 1 / mu; at first the expected one
  double congestion = 1;             // k: mean wait = k rho / (mu (1 - rho))
  double arrival_rate_per_s = 0;     // lambda; at stage 0 the rate of the source
  double outflow_per_s = 0;          // tasks that go on; at stage 0 the rate sent
  bool outflow_leapt = false;        // it is another since the last round, and not by chance
  std::vector<double> inflow_per_s;  // by offloader
  std::vector<double> flow_per_s;    // by receiver, measured
  std::vector<double> transfer_s;    // by receiver: t_ij of one task
  std::vector<bool> receiver_alive;  // by receiver
  std::vector<float> row_mix;        // by profile row: share of arrivals, mean 1

  // a, where it is steered (objective_control.h); negative or not a number: the options'.
  double accuracy_weight_s = -1;
};

}  // namespace offramp
