// What-if changes of a scenario, as users write them on the command line.
#pragma once

#include <string>

#include "offramp/base/status.h"
#include "offramp/core/scenario.h"

namespace offramp {

// Applies one of
//     node NAME down
//     node NAME gflops_per_s=X
//     device NAME tasks_per_s=X
//     link FROM TO down
//     link FROM TO mbit_per_s=X | latency_ms=X
// to the scenario at t = 0; its later changes are dropped. A node that is down takes its links
// along, and with them nodes that are left without a way on. kInvalidArgument quotes the text and
// says what is expected.
Status ApplyWhatIf(const std::string& text, Scenario& scenario);

}  // namespace offramp
