// Cut points: places in the order of a model's nodes where few tensors cross, and how to choose
// among them.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/partition/model_graph.h"
#include "offramp/partition/probe.h"

namespace offramp {

struct CutPoint {
  std::vector<ValueId> tensors;     // that cross; each can travel with its task
  std::int64_t bytes = 0;           // of one task
  double flops_before = 0;          // of one task
  std::int64_t weights_before = 0;  // bytes
};

// One for every position after which only tensors that can travel are still needed; of those with
// the same work before, the one with the fewest bytes. In order of work.
std::vector<CutPoint> FindCutPoints(const ModelGraph& graph, const Probed& probed,
                                    const std::vector<double>& flops);

struct CutWishes {
  std::vector<double> balance;        // shares of the work by stage, any scale; empty: even
  std::int64_t max_memory_bytes = 0;  // of a stage's weights; 0: any
  std::int64_t max_bytes = 0;         // that cross one cut; 0: any
};

// `stages` - 1 of the points, in order: most even FLOPs, and within 10 % of the best the fewest
// bytes. kInvalidArgument when there are too few, or none keeps the limits.
Result<std::vector<CutPoint>> ChooseCuts(const std::vector<CutPoint>& points, int stages,
                                         double total_flops, std::int64_t total_weights,
                                         const CutWishes& wishes);

}  // namespace offramp
