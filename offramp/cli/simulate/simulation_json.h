// Simulation results as data: the JSON of formats.md ("Simulation result") and rows of CSV.
#pragma once

#include <string>

#include "offramp/cli/json_text.h"
#include "offramp/cli/simulate/run_set.h"

namespace offramp {

// One seed and no sweep: formats.md's object. Several seeds: {"seeds", "policies": means over the
// seeds with 95 % intervals, "runs": one such object a seed}. A sweep: {"sweep": {"key"}, "points":
// [{"value", ...as above}]}. Runs that were not made are left out.
OrderedJson RunSetToJson(const RunSet& set);

// A header and one row for every run.
std::string RunSetCsv(const RunSet& set);

}  // namespace offramp
