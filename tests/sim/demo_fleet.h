// The fleet and the load on which the live rule is held to its promises.
#pragma once

#include "tests/sim/live_sim.h"

namespace offramp {

inline constexpr double kWarm_s = 5;
inline constexpr double kEnd_s = 40;

inline SimOptions DemoFleet(Policy policy, int gateways) {
  static const auto live = SyntheticProfile(4, 5000, 11);
  SimOptions options;
  options.policy = policy;
  options.capacity_per_s = FleetF2();
  options.gateways = gateways;
  options.rate_per_s = 170;  // stages busy to 0.6 - 0.8
  options.duration_s = kEnd_s;
  options.profile = live;
  options.thresholds = {0.8, 0.8, 0.8};
  return options;
}

inline double Delay(const SimResult& result) { return result.MeanDelay(kWarm_s, kEnd_s); }

}  // namespace offramp
