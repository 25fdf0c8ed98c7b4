// The demo's report: one HTML file that needs nothing else, with its data inside as JSON.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "offramp/cli/demo/demo_run.h"
#include "offramp/cli/demo/demo_table.h"
#include "offramp/cli/demo/scenario.h"
#include "offramp/files/fleet.h"

namespace offramp {

struct ReportFacts {
  std::string fleet_path;
  std::string thresholds;  // of the policies that do not set them
  double tasks_per_s = 0;  // outside the surge
  std::uint64_t seed = 1;
  std::string made_at;  // date and time for people
  std::string version;
};

// Everything the page shows. Delays in milliseconds over a sliding second, accuracy over three.
nlohmann::ordered_json ReportData(const ReportFacts& facts, const DemoScenario& scenario,
                                  const Fleet& fleet, const std::vector<DemoRun>& runs,
                                  const std::vector<DemoCell>& cells);

// The whole file. Whatever the data holds cannot end its script element or add markup.
std::string ReportHtml(const nlohmann::ordered_json& data);

// JSON text for the inside of a <script> element: '<', '>' and '&' are written as \u003c and so on.
std::string ScriptSafeJson(const nlohmann::ordered_json& json);

}  // namespace offramp
