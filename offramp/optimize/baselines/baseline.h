// Static plans of the policies that DTO-EE is compared with, one small file each.
//
// Centralised ones (nash, genetic) are exact. A reactive policy has no shares of its own: it looks
// at counts, task by task. What stands here is the split that its rule settles on in the long run
// when every sender sees mean values; live and in the simulator it runs as it is (core/dispatch_*).
// Thresholds are given, except by genetic, which evolves them. Pure functions of their input.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "offramp/core/policy.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"

namespace offramp {

struct BaselineInput {
  const Problem& problem;
  std::vector<double> threshold;  // by node
  std::uint64_t seed = 1;         // of genetic
};

// Exact.
Strategy ComputingFirst(const BaselineInput& input);  // shares by service rate
Strategy BandwidthFirst(const BaselineInput& input);  // shares by 1 / transfer time
Strategy RoundRobin(const BaselineInput& input);      // even shares
Strategy Nash(const BaselineInput& input);            // nobody gains by moving alone
Strategy Genetic(const BaselineInput& input);         // shares and thresholds, evolved

// Long-run approximations; T: mean time from sending until the stage is done.
Strategy LeastOutstanding(const BaselineInput& input);          // flow T equal: f ~ 1 / T
Strategy WeightedLeastOutstanding(const BaselineInput& input);  // flow T / mu equal: f ~ mu / T
Strategy PowerOfTwo(const BaselineInput& input);                // the same, over random pairs
Strategy PeakEwma(const BaselineInput& input);                  // T (flow T) equal: f ~ 1 / T^2

// Weighted least outstanding that never exits.
Strategy NoExit(const BaselineInput& input);

// By name. REQUIRES: not dto-ee and not optimum.
Strategy MakeBaseline(Policy policy, const BaselineInput& input);

// Unnormalised shares of one sender over its receivers, from `hop_s` (T by receiver) and
// `service_rate_per_s`.
using SplitRule = std::function<std::vector<double>(std::span<const double> hop_s,
                                                    std::span<const double> service_rate_per_s)>;

// The shares at which every sender's split is what `rule` makes of the delays that they cause:
// damped iteration from even shares.
Strategy SettleShares(const BaselineInput& input, const SplitRule& rule);

}  // namespace offramp
