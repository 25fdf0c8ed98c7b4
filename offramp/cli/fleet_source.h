// Which fleet a command means: the file as it is, or as the running `up` read it.
//
// `up` keeps the text it read and the options that changed it in the state folder
// (files/run_state.h). Every part of that fleet, also one started by hand later, reads those, so
// that an edit of the file meanwhile cannot make two parts disagree.
#pragma once

#include <optional>
#include <string>

#include "offramp/base/result.h"
#include "offramp/files/fleet.h"

namespace offramp {

// Options of `up` (and of `demo`) that win over the fleet file.
struct FleetOverrides {
  std::optional<std::string> policy;      // a live policy's name
  std::optional<std::string> thresholds;  // a number >= 0, or "tuned"
  bool insecure = false;                  // allows addresses beyond loopback without TLS
};

// Changes what the overrides name. kInvalidArgument names the option and what it expects.
Status ApplyOverrides(const FleetOverrides& overrides, Fleet& fleet);

// The file with the overrides applied, every check done: addresses beyond loopback are refused
// unless `insecure`.
Result<Fleet> ReadFleet(const std::string& path, const FleetOverrides& overrides);

// Keeps the fleet file's present text and the overrides in the state folder.
Status SaveSnapshot(const std::string& state_dir, const std::string& path,
                    const FleetOverrides& overrides);

struct SnapshotFleet {
  Fleet fleet;
  FleetOverrides overrides;
};

// What SaveSnapshot kept, checked again; kNotFound when there is nothing. `path` is the fleet
// file's own, for messages and relative paths.
Result<SnapshotFleet> ReadSnapshot(const std::string& state_dir, const std::string& path);

// The snapshot while the fleet runs, else the file with `insecure` as given.
Result<SnapshotFleet> ReadRunningFleet(const std::string& state_dir, const std::string& path,
                                       bool insecure = false);

// True while a part of the fleet, or the `up` that starts it, is alive.
bool FleetRuns(const std::string& state_dir);

}  // namespace offramp
