// Simulation results as a table for people.
#pragma once

#include <string>
#include <vector>

#include "offramp/cli/simulate/run_set.h"

namespace offramp {

// One line a policy, means over the seeds; one block a point of a sweep. The interval is that of
// batch means for one seed, else that over the seeds.
std::string RunSetTable(const RunSet& set, bool colour);

// Warnings of all runs with the policies that they concern; those that differ in numbers only are
// told once.
std::vector<std::string> RunSetWarnings(const RunSet& set);

}  // namespace offramp
