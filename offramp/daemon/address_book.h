// Where the parts of a fleet listen now: a node's fixed address in the fleet file, or what the part
// wrote into the run state (files/run_state.h) when the system chose its port.
#pragma once

#include <memory>
#include <string>

#include "offramp/files/fleet.h"
#include "offramp/offload/receiver_link.h"

namespace offramp {

// Reads the run state anew only when it has changed, or just did (one stat a look-up). Not
// thread-safe.
AddressBook MakeAddressBook(const Fleet& fleet, std::string state_dir);

}  // namespace offramp
