// A fleet and its bundle as a core Scenario: what is planned and simulated of a fleet file.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "offramp/base/result.h"
#include "offramp/core/scenario.h"
#include "offramp/files/fleet.h"
#include "offramp/model/bundle.h"

namespace offramp {

// Measured speeds in GFLOP/s by node name, for nodes without an emulated one.
using MeasuredSpeeds = std::map<std::string, double>;

// Devices are the gateways at the rates that the file expects. A node's speed is its gflops_per_s,
// else its measured one, else what the bundle's profile measured. Links serialise where they have a
// rate and cost nothing where they have none; an absent list joins every part with all of the next
// stage. What messages and processes cost, some tenths of a millisecond a stage, is not in it.
// Errors: kInvalidArgument when fleet and bundle do not fit, or names a node whose speed neither
// the file, `measured` nor the bundle gives.
Result<Scenario> ScenarioOf(const Fleet& fleet, const Bundle& bundle,
                            const MeasuredSpeeds& measured = {});

// ProblemOf of that scenario: what tuned thresholds are computed from.
Result<Problem> ProblemOf(const Fleet& fleet, const Bundle& bundle,
                          const MeasuredSpeeds& measured = {});

// Bytes of one task's inputs; free extents count as 1, BYTES elements as nothing.
std::int64_t InputBytes(const Bundle& bundle);

}  // namespace offramp
