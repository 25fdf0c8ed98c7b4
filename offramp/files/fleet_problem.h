// A fleet and its bundle as a core Problem: what plans and tuned thresholds are computed from.
#pragma once

#include <map>
#include <string>

#include "offramp/base/result.h"
#include "offramp/core/problem.h"
#include "offramp/files/fleet.h"
#include "offramp/model/bundle.h"

namespace offramp {

// Measured speeds in GFLOP/s by node name, for nodes without an emulated one.
using MeasuredSpeeds = std::map<std::string, double>;

// Sources are the gateways at the rates that the file expects. A replica's service rate is its
// gflops_per_s, else its measured speed, over its stage's gflops; its law is the fleet's `service`.
// A link costs 8 * bytes / rate + latency, an absent rate nothing (formats.md): bytes are the
// inputs' for stage 1 and the sending stage's output_bytes after it. The accuracy weight is the
// objective's; a floor or a ceiling is for a planner to turn into one.
// Errors: kInvalidArgument when fleet and bundle do not fit; kFailedPrecondition names a node whose
// speed neither the file nor `measured` gives.
Result<Problem> ProblemOf(const Fleet& fleet, const Bundle& bundle,
                          const MeasuredSpeeds& measured = {});

// Bytes of one task's inputs; free extents count as 1, BYTES elements as nothing.
std::int64_t InputBytes(const Bundle& bundle);

}  // namespace offramp
