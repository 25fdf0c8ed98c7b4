// Where a stage can read extents off, when the tensor that the model asks is not here.
#pragma once

#include <optional>
#include <set>

#include "offramp/partition/model_graph.h"
#include "offramp/partition/probe.h"

namespace offramp {

// One of `here` whose extents were, in every probe, those of the value that `shape_node` (a Shape)
// looks at, on the axes that its readers take. nullopt: none.
std::optional<ValueId> ShapeTwin(const ModelGraph& graph, const Probed& probed, NodeId shape_node,
                                 const std::set<ValueId>& here);

}  // namespace offramp
