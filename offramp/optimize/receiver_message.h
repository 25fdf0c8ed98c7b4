// DTO-R: what receiver k of stage h tells each of its offloaders, once a round (algorithm.md
// section 3), and the check of what such messages must be before anybody believes them.
//
// With s = outflow / lambda, p_l k's shares over its own receivers l, w_l the weight k has there:
//     V_h = D' (live: capped, because it also travels on to stages whose routing it must not swing)
//     V_g = sum_l p_l (t_l [g = h + 1] + V_g(l))
//     C   = D'' + sum_l s p_l r_l C_l,   r_l = s p_l / w_l
//     q   = D'' / max(mu - lambda, 0.03 mu) + sum_l s p_l r_l^2 C_l / hh_l,   hh = C / q
// In planned use D' is the held price, D'' is divided by its softness theta, and the queue's own
// headroom is theta times as large (held_price.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "offramp/core/agent_message.h"
#include "offramp/core/exit_profile.h"
#include "offramp/optimize/agent_measurement.h"
#include "offramp/optimize/held_price.h"

namespace offramp {

// One of k's own receivers from which k holds a live message.
struct DownstreamView {
  const AgentMessage* message = nullptr;
  double share = 0;       // p_l; shares of all views sum to 1
  double transfer_s = 0;  // t_l
};

struct MessageInput {
  int stage = 1;
  bool last_stage = false;
  bool has_exit = false;
  bool exit_relieves = false;  // its threshold falls under load: excess beyond it is not passed on
  double threshold = 2;        // own
  double visit_cap_services = 0;     // own V = min(D', this / mu); 0: no cap
  const HeldPrice* price = nullptr;  // in place of D'; null: D'
  int offloaders = 1;
};

// The message for `offloader`. nullopt when k is not the last stage and has no view: a node that
// cannot pass tasks on must not look cheap. REQUIRES: a cleaned measurement, well-formed views.
//
// A stage without exit passes its receivers' excess on when all of them are beyond capacity:
// nothing here can relieve them, so it is the sources' business (admission.h).
std::optional<AgentMessage> ComposeMessage(const MessageInput& input,
                                           const AgentMeasurement& measured,
                                           const std::vector<DownstreamView>& views, int offloader,
                                           std::uint64_t round);

// The same in two parts, for many offloaders: all but weight and flow, then those of one of them.
// `weight_total` is WeightTotal of the same measurement.
std::optional<AgentMessage> ComposeCommon(const MessageInput& input,
                                          const AgentMeasurement& measured,
                                          const std::vector<DownstreamView>& views,
                                          std::uint64_t round);
double WeightTotal(const AgentMeasurement& measured, int offloaders);
AgentMessage AddressMessage(const AgentMessage& common, const AgentMeasurement& measured,
                            int offloaders, double weight_total, int offloader);

// Whether a message from the network may be used by an offloader of stage `stage`: the stage is the
// next one, sizes fit (each other, and the profile unless null), every number is finite, of the
// right sign and below 1e30, 0 < weight <= 1.
bool IsWellFormed(const AgentMessage& message, int stage, const ExitProfile* profile);

}  // namespace offramp
