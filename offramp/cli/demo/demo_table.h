// The demo's table: every policy in every part of the scenario and over the whole.
#pragma once

#include <string>
#include <vector>

#include "offramp/cli/demo/demo_run.h"
#include "offramp/cli/demo/scenario.h"
#include "offramp/cli/load/load_summary.h"

namespace offramp {

// The figures of one policy in one part.
struct DemoCell {
  std::string part;
  std::string policy;
  LoadSummary summary;
};

// Part by part, the whole last (without the warm-up); within a part policies in the order of
// `runs`.
std::vector<DemoCell> DemoCells(const DemoScenario& scenario, const std::vector<DemoRun>& runs);

// Text for a terminal of 80 columns. The shortest mean of each part is bold when `colour`; beside
// each mean stands how it compares with the first policy's.
std::string DemoTable(const std::vector<DemoCell>& cells, bool colour);

// Tasks that were accepted and never answered rightly, warm-up included.
std::int64_t LostTasks(const std::vector<DemoRun>& runs);

}  // namespace offramp
