// Ipopt on the link flows of one Problem with its thresholds fixed. Private to reference.cc; the
// only place that knows Ipopt.
#pragma once

#include <functional>

#include "offramp/base/result.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"

namespace offramp {

// Moves the shares to where U is least, the thresholds staying. Returns U there; never worse than
// at the start. kInternal when Ipopt cannot be set up.
// `stop` (may be null) is asked between iterations; true: the best point so far.
Result<double> SolveFlows(const Problem& problem, Strategy& strategy,
                          const std::function<bool()>& stop = {});

}  // namespace offramp
