// Thresholds as a grid of vectors, with what each does: which share of tasks reaches each stage,
// and how accurate the answers are. What the bound and the searches know of exits.
#pragma once

#include <cstddef>
#include <vector>

#include "offramp/placement/placement_model.h"

namespace offramp {

struct ThresholdGrid {
  std::vector<std::vector<double>> reach;  // by vector and segment; the first is 1
  std::vector<double> accuracy;            // by vector; 0 without a profile

  std::size_t size() const { return reach.size(); }
};

// About `most` vectors: quantiles of every exit's confidence, always and never, and `also`
// ([stage - 1], some thresholds each; may be empty). Without a profile one vector: everything goes
// all the way.
ThresholdGrid MakeThresholdGrid(const PlacementModel& model, std::size_t most,
                                const std::vector<std::vector<double>>& also = {});

}  // namespace offramp
