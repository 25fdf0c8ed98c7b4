// The message that DTO-EE's receiver k of stage h sends to each of its offloaders, once a round
// (algorithm.md section 3): 2 (H - h) + 8 numbers, whatever the size of the fleet.
#pragma once

#include <cstdint>
#include <vector>

namespace offramp {

struct AgentMessage {
  int stage = 0;                      // h, 1-based
  std::vector<double> visit_delay_s;  // V_g, g = h..H: marginal delay of a visit to stage g
  std::vector<double> thresholds;     // c_g, g = h..H-1: the threshold met there (> 1: never)
  double curvature = 0;               // C: d(marginal cost) / d(own inflow), later stages included
  double headroom = 0;                // hh, tasks/s
  double excess = 0;                  // ex: inflow beyond 0.97 mu, tasks/s; 0 unless overloaded
  double weight = 1;                  // w_i: the addressee's share of k's inflow, normalised
  double flow = 0;                    // f_i: the addressee's flow as k measured it, tasks/s
  std::uint64_t stamp = 0;            // round of the receiver; newer replaces older

  // D' of k's own queue without the cap that V_h has in live use. Direct offloaders balance by it;
  // 0, as every value below V_h, means V_h.
  double own_marginal_s = 0;

  // a in force at k, where gateways steer it (optimize/fleet_weight.h); 0: they do not.
  double accuracy_weight_s = 0;
};

}  // namespace offramp
