// What the commands `node` and `gateway` share: which part to be, of which fleet.
#pragma once

#include <functional>
#include <string>

#include "offramp/cli/fleet_source.h"
#include "offramp/cli/options.h"

namespace offramp {

struct DaemonOptions {
  std::string fleet;
  std::string name;
  std::string state_dir;  // empty: that of the fleet file
  bool insecure = false;
  LogOptions log;
};

void AddDaemonOptions(CLI::App* command, DaemonOptions& options);

// Reads the fleet as the running parts see it, registers this process in the state folder and calls
// `run` with all that a daemon needs. `role` is "node" or "gateway". Returns the exit code.
using DaemonMain = std::function<Status(Fleet fleet, const std::string& state_dir, bool insecure)>;
int RunDaemon(const DaemonOptions& options, const std::string& role, const DaemonMain& run);

}  // namespace offramp
