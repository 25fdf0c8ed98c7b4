// Charts of one plan as a self-contained HTML file.
#pragma once

#include <string>

#include "offramp/core/problem.h"
#include "offramp/core/scenario.h"
#include "offramp/optimize/plan.h"

namespace offramp {

struct PlanReportFacts {
  const Scenario& scenario;
  const Problem& problem;  // of that scenario
  const Plan& plan;        // of that problem
};

// Delay, accuracy and objective by round, and flows over the topology.
std::string PlanReportHtml(const PlanReportFacts& facts);

}  // namespace offramp
