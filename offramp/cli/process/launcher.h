// A whole fleet as child processes: what `up` and `demo` share.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/cli/fleet_source.h"
#include "offramp/cli/process/spawn.h"
#include "offramp/cli/process/stop.h"
#include "offramp/files/fleet.h"
#include "offramp/files/run_state.h"

namespace offramp {

struct LaunchOptions {
  std::string fleet_path;
  FleetOverrides overrides;
  std::string log_level = "info";
  std::string log_format = "text";
  double ready_timeout_s = 60;                       // for all parts together
  std::function<void(const std::string&)> progress;  // a line for the progress display
};

// A child that ended.
struct PartEnd {
  std::string name;
  bool clean = false;  // exit code 0
  std::string text;    // "signal 9 (Killed)"
};

// Holds the fleet's lock while it lives. Not thread-safe. Destroying it stops nothing.
class Launcher {
 public:
  // Reads the fleet, makes sure that it does not run yet (kAlreadyExists), starts every part and
  // waits until each is ready. On an error everything it started is stopped again and the message
  // says which part failed and why, with the last lines of its log.
  static Result<Launcher> Launch(const LaunchOptions& options);

  const Fleet& fleet() const { return fleet_; }
  const std::string& state_dir() const { return state_dir_; }

  // Children that ended since the last call.
  std::vector<PartEnd> TakeEnded();

  // Starts a part again after it ended; does not wait.
  Status Restart(const std::string& name);

  // SIGKILL to a part that runs; kNotFound when it does not.
  Status Kill(const std::string& name);

  // Waits until the part is ready, `seconds` at most.
  Status AwaitReady(const std::string& name, double seconds);

  // Drains and ends all parts, also those started by hand, and removes the state folder.
  StopReport Stop(const StopOptions& options);

  // Leaves the parts running on their own.
  void Detach();

 private:
  Launcher(LaunchOptions options, Fleet fleet, std::string state_dir, StateLock lock);

  Status StartAll();
  Status AwaitAllReady();
  // OK: ready. kUnavailable: not yet. Anything else: it ended.
  Status Check(const std::string& name);
  Status Spawn(const std::string& name);
  std::string RoleOf(const std::string& name) const;
  std::vector<std::string> PartNames() const;
  std::string Explain(const std::string& name, const std::string& what) const;

  LaunchOptions options_;
  Fleet fleet_;
  std::string state_dir_;
  StateLock lock_;
  std::map<std::string, ProcessId> children_;   // by part name
  std::map<std::string, std::string> reasons_;  // why a part is not ready, as it last said
};

}  // namespace offramp
