#include "offramp/daemon/daemon_state.h"

#include "offramp/base/text.h"

namespace offramp {

std::string DaemonStateName(DaemonState state) {
  switch (state) {
    case DaemonState::kStarting:
      return "starting";
    case DaemonState::kReady:
      return "ready";
    case DaemonState::kDraining:
      return "draining";
    case DaemonState::kFailed:
      return "failed";
  }
  return "unknown";
}

Status CheckExposure(const Fleet& fleet, bool insecure) {
  if (insecure || fleet.non_loopback.empty()) return OkStatus();
  return PermissionDeniedError(fleet.path + ": " + Join(fleet.non_loopback) +
                               ": other machines could reach this without TLS; use a loopback "
                               "address, or --insecure on a network you trust");
}

}  // namespace offramp
