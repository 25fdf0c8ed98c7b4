// What the parts of a fleet file mean together. Used by the parser only.
#pragma once

#include <string>
#include <vector>

#include "offramp/files/fleet.h"
#include "offramp/files/yaml_reader.h"

namespace offramp {

// Fails `root`'s reader unless names and addresses are distinct, every stage up to the last has a
// node, links go from one stage to the next between known parts, every part but the last stage has
// a receiver and every node an offloader. REQUIRES: `fleet` was read from `root` without error.
void CheckFleetParts(const Fleet& fleet, const YamlView& root);

// Fleet::non_loopback.
std::vector<std::string> AddressesBeyondLoopback(const Fleet& fleet);

}  // namespace offramp
