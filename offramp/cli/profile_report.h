// What `offramp profile` found, as text, JSON and HTML.
#pragma once

#include <optional>
#include <string>

#include "offramp/cli/json_text.h"
#include "offramp/model/bundle.h"
#include "offramp/profiling/exit_figures.h"
#include "offramp/profiling/stage_timing.h"

namespace offramp {

struct ProfileFindings {
  Bundle bundle;       // as it was read
  std::string target;  // the bundle that holds the figures now
  ExitReport exits;
  std::optional<TimingReport> timing;
  std::int64_t resumed_rows = 0;
};

OrderedJson ProfileToJson(const ProfileFindings& found);

// Two tables and what they are of.
std::string ProfileText(const ProfileFindings& found);

// A self-contained page: accuracy against exits, accuracy and cost against one threshold,
// reliability, stages.
std::string ProfileHtml(const ProfileFindings& found);

}  // namespace offramp
