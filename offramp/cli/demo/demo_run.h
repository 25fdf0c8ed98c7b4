// One policy through the demo's scenario.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/cli/demo/sampler.h"
#include "offramp/cli/demo/scenario.h"
#include "offramp/cli/load/load_client.h"
#include "offramp/cli/load/load_record.h"

namespace offramp {

struct DemoRunOptions {
  std::string fleet_path;
  std::string policy;
  std::string thresholds;   // a number, or "tuned"
  std::string data_folder;  // of the labelled images
  std::uint64_t seed = 1;
  std::string log_level = "info";
  // A line for the progress display, with the time since the load began (negative before).
  std::function<void(double t_s, const std::string&)> progress;
};

// What came of it.
struct DemoRun {
  std::string policy;
  std::vector<LoadRecord> records;  // one a task
  std::vector<PartSample> samples;
  std::vector<std::string> trouble;  // parts that died unasked, events that failed
};

// Starts the fleet, sends `arrivals_s`, makes the scenario's events happen, stops the fleet.
// Blocks. kCancelled after Ctrl-C; in every case nothing is left running.
Result<DemoRun> RunDemoPolicy(const DemoScenario& scenario, const std::vector<double>& arrivals_s,
                              const DemoRunOptions& options);

}  // namespace offramp
