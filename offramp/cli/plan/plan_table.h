// A plan as text for people.
#pragma once

#include <string>
#include <vector>

#include "offramp/core/problem.h"
#include "offramp/optimize/plan.h"

namespace offramp {

// What is predicted, how good it is, every part's shares, threshold and utilisation (at most
// `max_parts` of them; the rest is counted), and which nodes and links cost most of the delay.
std::string PlanTable(const Problem& problem, const Plan& plan, std::size_t max_parts, bool colour);

// Two plans side by side, for what-if: figures, then utilisation and threshold by node.
struct ProblemPlan {
  const Problem& problem;
  const Plan& plan;
};
std::string CompareTable(const ProblemPlan& before, const ProblemPlan& after, std::size_t max_parts,
                         bool colour);

// Seconds as milliseconds or seconds, three figures.
std::string DelayText(double seconds);

}  // namespace offramp
