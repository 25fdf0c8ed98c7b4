// Floating-point operations of a node by its operator and shapes; a multiply-add is two.
#pragma once

#include <optional>
#include <vector>

#include "offramp/partition/model_graph.h"
#include "offramp/partition/probe.h"

namespace offramp {

// Of one task. nullopt: an operator that is not known here; what it computes is taken for one
// operation an element by whoever needs a number.
std::optional<double> NodeFlops(const ModelGraph& graph, const Probed& probed, NodeId node);

// The same for all nodes, with that assumption; constants cost nothing. `unknown` gets the names of
// operators that are not known, each once.
std::vector<double> AllFlops(const ModelGraph& graph, const Probed& probed,
                             std::vector<std::string>& unknown);

}  // namespace offramp
