// Options that several commands share, so that they read and behave the same everywhere.
#pragma once

#include <string>

#include "offramp/cli/app.h"
#include "offramp/cli/fleet_source.h"

namespace offramp {

// The positional FLEET; `OFFRAMP_FLEET` stands in when it is left out.
CLI::Option* AddFleet(CLI::App* command, std::string& path);

// --policy, --thresholds, --insecure (OFFRAMP_POLICY, OFFRAMP_THRESHOLDS, OFFRAMP_INSECURE).
void AddOverrides(CLI::App* command, FleetOverrides& overrides);

// --log-level, --log-format (OFFRAMP_LOG_LEVEL, OFFRAMP_LOG_FORMAT).
struct LogOptions {
  std::string level = "info";
  std::string format = "text";
};
void AddLogOptions(CLI::App* command, LogOptions& log);

// --json: data for programs on standard output.
void AddJson(CLI::App* command, bool& json);

// kInvalidArgument naming what is wrong when there is no such fleet file.
Status CheckFleetPath(const std::string& path);

}  // namespace offramp
