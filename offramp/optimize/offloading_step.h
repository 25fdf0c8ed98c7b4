// DTO-O's shares: one step of an offloader from modelled marginal costs (algorithm.md section 4).
//
// Receiver k's message gives a model of the marginal cost of its link when the flow grows by w d:
//     m(d) = m + (C hh / 2) ((1 - d / hh)^-2 - 1)
// exact for one M/G/1 queue below kMaxUtilization; beyond it (excess ex > 0) linear with slope C
// down to d = -ex and of the same shape from there. w, the sender's share of k's inflow, makes it
// a bound when all of k's offloaders move by the same price at once. The new flows equalise m(d):
// no step size, no cap.
#pragma once

#include <span>
#include <vector>

namespace offramp {

struct LinkModel {
  double flow = 0;        // f, tasks/s: where the model holds
  double marginal_s = 0;  // m at that flow, transfer and downstream included
  double weight = 1;      // w in (0, 1]
  double curvature = 1;   // C > 0
  double headroom = 1;    // hh > 0, tasks/s
  double excess = 0;      // ex >= 0, tasks/s
};

// By how much the link's flow changes until its modelled marginal cost equals `price_s`; never
// below -flow, and always below weight * headroom unless overloaded.
double FlowChange(const LinkModel& link, double price_s);

// Shares that sum to 1: flows + FlowChange(price) with the one price at which they sum to
// `outflow_per_s`. Pure; costs about 130 FlowChange a link. REQUIRES: at least one link.
std::vector<double> EqualizeMarginals(std::span<const LinkModel> links, double outflow_per_s);

}  // namespace offramp
