// Small machines files and models whose best placements can be told by hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "offramp/placement/placement_task.h"

namespace offramp {

// Machines a, b, c ... of these speeds and memories, all linked alike.
struct MachineSpec {
  double gflops_per_s;
  std::int64_t memory_bytes;
};
Machines LinkedMachines(const std::vector<MachineSpec>& specs, double mbit_per_s,
                        double latency_ms);

// A source of so many tasks/s on the first machine.
Machines WithSource(Machines machines, double tasks_per_s);

// A bundle of such stages, without exits.
PlacementModel Stages(const std::vector<ModelSegment>& segments);

// The same as pieces of an uncut model.
PlacementModel Pieces(const std::vector<ModelSegment>& segments);

}  // namespace offramp
