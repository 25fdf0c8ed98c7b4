// When requests are due, in seconds from the start of the load. Pure functions of their arguments:
// the same seed gives the same arrivals on every machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/base/result.h"

namespace offramp {

// A stretch of constant expected rate.
struct LoadStep {
  double seconds = 0;
  double tasks_per_s = 0;
};

// "10x80,5x160": 10 s at 80 tasks/s, then 5 s at 160. The error names what is expected.
Result<std::vector<LoadStep>> ParseSteps(std::string_view text);

double TotalSeconds(const std::vector<LoadStep>& steps);

// A Poisson process whose rate follows the steps. Ascending.
std::vector<double> PoissonArrivals(const std::vector<LoadStep>& steps, Random& random);

// Evenly spaced within each step, the first arrival half a gap after its start.
std::vector<double> EvenArrivals(const std::vector<LoadStep>& steps);

// One time in seconds a line, ascending; empty lines and those that begin with '#' are skipped.
// kInvalidArgument names file and line.
Result<std::vector<double>> ReadArrivals(const std::string& path);

}  // namespace offramp
