// One part of a fleet as a child process: this very program with the command `node` or `gateway`.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/files/run_state.h"

namespace offramp {

struct SpawnOptions {
  std::string fleet_path;
  std::string state_dir;
  std::string log_level = "info";
  std::string log_format = "text";
};

// Starts the part with its output going to LogPath (appended) and no terminal, so that Ctrl-C
// reaches only the parent. The child is the caller's to wait for; a second Ctrl-C kills it
// (signals.h).
Result<ProcessId> SpawnPart(const SpawnOptions& options, const std::string& role,
                            const std::string& name);

// How a child ended: "exit code 1", "signal 9 (Killed)".
std::string EndText(int wait_status);

// The last `lines` lines of a log, each cut to a readable length; empty when there is none.
std::vector<std::string> LastLines(const std::string& path, int lines);

}  // namespace offramp
