// A placed plan as a fleet file that `offramp up` starts and `plan` and `simulate` read.
#pragma once

#include <optional>
#include <string>

#include "offramp/placement/placed_plan.h"

namespace offramp {

struct FleetTextOptions {
  std::string bundle;  // as the file shall name it
  // Lines of comment at the top, without "# ".
  std::vector<std::string> remarks;
};

// Sources become gateways, replicas nodes with `machine` and their part of its speed as
// `gflops_per_s`, links those of the machines between them; the same machine's cost nothing.
// Reading it gives the scenario that was planned.
std::string FleetText(const PlacementTask& task, const PlacedPlan& placed,
                      const FleetTextOptions& options);

}  // namespace offramp
