// The daemon of one gateway: `offramp gateway FLEET --name G`.
#pragma once

#include <string>

#include "offramp/base/status.h"
#include "offramp/files/fleet.h"

namespace offramp {

struct GatewayDaemonOptions {
  Fleet fleet;
  std::string name;                 // of one of the fleet's gateways
  std::string state_dir;            // where parts write and find addresses (files/run_state.h)
  std::string log_format = "text";  // or "json"
  std::string log_level = "info";
  bool insecure = false;  // allows addresses beyond loopback without TLS
};

// Runs until SIGTERM or SIGINT has let all accepted tasks finish; a second signal ends the process
// at once with exit code 1. Errors before readiness come back as Status.
Status RunGateway(const GatewayDaemonOptions& options);

}  // namespace offramp
