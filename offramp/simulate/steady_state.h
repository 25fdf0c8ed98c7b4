// Whether a run's delays are those of a steady state, and how sure their mean is.
//
// Batch means (Conway 1963; Law and Kelton, "Simulation Modeling and Analysis"): the delays, in the
// order of arrival, are cut into batches so long that batch means are nearly independent; Student's
// t over them gives the interval. Neighbouring tasks wait in the same queues, so their own variance
// would give far too narrow a one. Thirty batches; ten where thirty still depend on each other.
// A pure function.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace offramp {

struct SteadyState {
  double half_width_s = 0;            // of the 95 % interval on the mean; 0 below two delays
  std::vector<std::string> warnings;  // one line each; empty: nothing speaks against it
};

// Warns of too few tasks, an interval wider than a tenth of the mean, batches that depend on each
// other, and a trend (Mann 1945): growing delays mean an unstable system or a run too short,
// falling ones a warm-up too short.
SteadyState JudgeDelays(std::span<const float> delay_s);

}  // namespace offramp
