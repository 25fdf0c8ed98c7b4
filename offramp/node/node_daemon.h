// The daemon of one replica: `offramp node FLEET --name N`.
#pragma once

#include <string>

#include "offramp/base/status.h"
#include "offramp/files/fleet.h"

namespace offramp {

struct NodeDaemonOptions {
  Fleet fleet;
  std::string name;                 // of one of the fleet's nodes
  std::string state_dir;            // where parts write and find addresses (files/run_state.h)
  std::string log_format = "text";  // or "json"
  std::string log_level = "info";
  bool insecure = false;  // allows addresses beyond loopback without TLS
};

// Runs until SIGTERM, SIGINT or a drain request has let all work finish; a second signal ends the
// process at once with exit code 1. Errors before readiness come back as Status.
Status RunNode(const NodeDaemonOptions& options);

}  // namespace offramp
