// Generated machines and models for the figures of placement: 12 of committed seeds, 4 to 16
// machines, unequal in speed, memory and links.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "offramp/placement/placement_task.h"

namespace offramp::bench {

struct PlacementCase {
  std::string name;
  PlacementTask task;
  bool small = false;  // few enough placements to try them all
};

// `count` of them, the seeds from 1 on.
std::vector<PlacementCase> MakePlacementCases(int count, int first_seed);

}  // namespace offramp::bench
