// What runs of a fleet, as the one JSON object of formats.md ("Fleet"): that of `up --json`, and
// with the parts' own figures that of `status --json`.
#pragma once

#include <string>

#include "offramp/cli/json_text.h"
#include "offramp/files/fleet.h"

namespace offramp {

// Names, process ids and addresses of the parts that are alive, in the fleet file's order.
OrderedJson FleetObject(const Fleet& fleet, const std::string& state_dir);

// The same with each part's figures, asked for at the same time; a part that does not answer within
// `timeout_s` has the state "silent", one of the fleet that does not run has "down" and no pid.
OrderedJson FleetStatus(const Fleet& fleet, const std::string& state_dir, double timeout_s);

// A table for people; `wide` adds the shares over next hops.
std::string StatusTable(const OrderedJson& status, bool colour, bool wide);

}  // namespace offramp
