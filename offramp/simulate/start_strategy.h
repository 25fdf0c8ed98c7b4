// StartStrategy: the shares and thresholds with which a policy enters a simulation.
#pragma once

#include "offramp/base/result.h"
#include "offramp/core/problem.h"
#include "offramp/core/scenario.h"
#include "offramp/core/strategy.h"
#include "offramp/simulate/simulation.h"

namespace offramp {

// Whether the policy splits by fixed shares, and knows nothing of queues.
bool IsShareBased(Policy policy);

struct StartStrategy {
  Strategy strategy;
  double accuracy_weight_s = 0;  // the objective's, or what a plan found for a floor or a ceiling
};

// The caller's; else the plan of a policy that plans (dto-ee, nash, genetic, optimum), shares by
// capacity or link rate, and the fixed or tuned thresholds.
Result<StartStrategy> ChooseStart(const Scenario& scenario, const Problem& problem,
                                  const SimulateOptions& options);

}  // namespace offramp
