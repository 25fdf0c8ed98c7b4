// A plan as the JSON object of formats.md ("Plan").
#pragma once

#include "offramp/cli/json_text.h"
#include "offramp/core/problem.h"
#include "offramp/optimize/plan.h"

namespace offramp {

// The documented keys, and beside them what else is known: held-out prediction, certificate, why
// the rounds ended, utilisation by node, exit shares.
OrderedJson PlanToJson(const Problem& problem, const Plan& plan);

// `offloading` and `thresholds` of any strategy. A threshold that no confidence reaches is 2.
OrderedJson OffloadingToJson(const Problem& problem, const Strategy& strategy);
OrderedJson ThresholdsToJson(const Problem& problem, const Strategy& strategy);

}  // namespace offramp
