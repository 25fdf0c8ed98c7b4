// The rules that others place by, for comparison (peers.md; decision 19). Each gives a placement
// without replicas, or says why it has none.
#pragma once

#include <functional>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/placement/placement_task.h"

namespace offramp {

// Everything on the fastest machine that holds it and that every source reaches; one stage where
// cuts are free.
Result<Placement> AllOnFastest(const PlacementTask& task);

// Layers in proportion to memory over machines in a row, as exo does, or to FLOP/s. At most
// stages_max machines, those with most; each next one has a link from the one before.
Result<Placement> InProportionToMemory(const PlacementTask& task);
Result<Placement> InProportionToSpeed(const PlacementTask& task);

// One replica of each stage by the best assignment (single_path.h), as prima.cpp's programme does.
Result<Placement> OneReplicaEach(const PlacementTask& task, const std::vector<double>& reach,
                                 const std::function<bool()>& stop = {});

}  // namespace offramp
