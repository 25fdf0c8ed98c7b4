// What a daemon is doing, in the words of `status` and `/readyz`.
#pragma once

#include <string>

#include "offramp/base/status.h"
#include "offramp/files/fleet.h"

namespace offramp {

enum class DaemonState { kStarting, kReady, kDraining, kFailed };

std::string DaemonStateName(DaemonState state);

// Refuses addresses that other machines reach: there is no authentication yet. kPermissionDenied
// names them and the flag that insists.
Status CheckExposure(const Fleet& fleet, bool insecure);

}  // namespace offramp
