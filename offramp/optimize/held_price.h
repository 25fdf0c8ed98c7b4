// The price of a queue that its receiver holds, in place of quoting D' at the flow of the moment
// (planned use; decision 14).
//
// Senders that share receivers often want to swap them: one's way to A is shorter, the other's to
// B. A swap leaves both queues as they are, so nothing curves along it; but a sender that bounds
// its step by the queues' curvature D'', as if all others moved with it, makes it in steps of
// (difference in price) / (offloaders D''): thousands of rounds in a busy queue. So the receiver
// quotes as if its queue were theta times softer, rho = D'' / theta, and holds its price where it
// was, as the multiplier of a constraint "inflow = what the price is right for". With the inflow
// lambda of the last moves
//     Lambda:  D'(Lambda) = pi + rho (lambda - Lambda)           what the price would be right for
//     pi <- D'(Lambda)            quoted: pi + rho (lambda - Lambda)
// which is the primal-dual method of Chambolle and Pock (2011) with rho as its dual step: it
// converges for every theta, since senders bound their steps by rho just as before by D''. For
// theta = 1 the quoted price is D'(lambda) to first order, and nothing changes.
//
// The price is paid in inflows that miss Lambda for a while; what that costs is known here, and
// theta follows it: up while the cost is below a budget, a small share of D that falls as the moves
// go on, and down otherwise. When it costs far more, or the queue nears saturation, the price is
// D' of the moment again.
//
// A value. Not thread-safe.
#pragma once

#include <vector>

#include "offramp/optimize/agent_measurement.h"

namespace offramp {

class HeldPrice {
 public:
  // One measurement of a receiver, cleaned: service time, congestion, arrivals, inflows by
  // offloader. Moves the price.
  void Follow(const AgentMeasurement& measured);

  // What a visit costs, seconds; REQUIRES: Follow was called.
  double quoted_s() const { return quoted_s_; }

  // theta >= 1: the queue's curvature is to be divided by it.
  double softness() const { return softness_; }

 private:
  double MovedShare(const std::vector<double>& inflow_per_s);
  void Release(double marginal_s);

  double held_s_ = -1;  // pi; negative before the first measurement
  double quoted_s_ = 0;
  double softness_ = 1;
  double moves_ = 0;            // of the whole inflow, in shares of it: rounds when all are awake
  std::vector<double> inflow_;  // at the last measurement
};

}  // namespace offramp
