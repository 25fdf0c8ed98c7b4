// Ends everything that runs of a fleet: what `up` started, what was started by hand, and what was
// left when `up` itself was killed.
#pragma once

#include <functional>
#include <string>

namespace offramp {

struct StopReport {
  int stopped = 0;  // ended by themselves after SIGTERM
  int killed = 0;   // did not within the time, and got SIGKILL
  int left = 0;     // still there: not ours to kill, or stuck in the kernel
};

struct StopOptions {
  double drain_s = 30;  // for each of the two steps: gateways, then nodes
  // Called now and then with a line for the progress display.
  std::function<void(const std::string&)> progress;
};

// Drains gateways first (they need the nodes to answer what they accepted), then the nodes; kills
// whoever is not done in time. Part files of processes that are gone are removed too.
StopReport StopParts(const std::string& state_dir, const StopOptions& options);

}  // namespace offramp
