// What each node of a model takes, measured by the runtime itself.
#pragma once

#include <vector>

#include "offramp/base/result.h"
#include "offramp/partition/model_graph.h"
#include "offramp/partition/onnx_model.h"
#include "offramp/partition/probe.h"

namespace offramp {

// Seconds of one task on one thread by NodeId: medians of some runs on random inputs, nodes as they
// stand. Nodes without a time of their own (constants) have 0. `model` is the one `graph` is of; it
// is changed and changed back. Errors as OnnxRunner's.
Result<std::vector<double>> MeasureNodes(OnnxModel& model, const ModelGraph& graph,
                                         const Probed& probed);

// FLOPs of nodes whose operator is not known: those that the known ones did in their time. Nothing
// changes where no known operator took any.
void CountByTime(const ModelGraph& graph, const Probed& probed, const std::vector<double>& seconds,
                 std::vector<double>& flops);

}  // namespace offramp
