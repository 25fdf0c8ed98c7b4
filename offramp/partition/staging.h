// Staging: which node runs in which stage, what travels between stages, and what every stage does
// for itself again.
//
// A stage computes what its cut's tensors need and no earlier stage has. Whatever only an output
// before the last needs belongs to the first stage that can compute it. What later stages need of
// earlier ones is carried, if its first axis is the batch; constants, and cheap computations on
// shapes, are repeated where they are needed instead.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/partition/model_graph.h"
#include "offramp/partition/probe.h"

namespace offramp {

struct StageParts {
  std::vector<NodeId> nodes;         // in order, repeated ones among them
  std::vector<ValueId> weights;      // of the file, that these read
  std::vector<ValueId> receives;     // computed before, or inputs of the model
  std::vector<ValueId> sends;        // what later stages receive; empty in the last
  std::vector<ValueId> outputs;      // of the model, answered here beside the exit
  ValueId exit = -1;                 // -1: none
  std::map<NodeId, ValueId> shapes;  // Shape nodes that look at another value of the same extents
  double flops = 0;                  // of one task
};

// `cuts`: values after which a stage ends, in order; there will be one stage more. `flops` by node.
// kInvalidArgument names the tensor: no such value, one that cannot travel, a cut that leaves a
// stage nothing to do.
Result<std::vector<StageParts>> StageByCuts(const ModelGraph& graph, const Probed& probed,
                                            const std::vector<double>& flops,
                                            const std::vector<std::vector<ValueId>>& cuts);

// Whether later stages repeat the node that computes `value`, rather than receive it.
bool IsRepeated(const ModelGraph& graph, const Probed& probed, ValueId value);

}  // namespace offramp
