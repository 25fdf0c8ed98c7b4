// A placement as text for people and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "offramp/cli/json_text.h"
#include "offramp/placement/place.h"

namespace offramp {

struct PlaceFacts {
  const PlacementTask& task;
  const PlaceReport& report;
  double seconds = 0;             // that the search took
  std::vector<std::string> cuts;  // chosen ones: tensors; empty of a bundle
  // Of an ONNX model: what was found before it was split, by the figures that the rules and the
  // bound have, too. Null: report.best.
  const PlacedPlan* before_split = nullptr;
};

// Machines with their stages and utilisation, what is predicted, what limits it, the rules of
// others and the bound.
std::string PlaceTable(const PlaceFacts& facts, bool colour);

OrderedJson PlaceToJson(const PlaceFacts& facts);

}  // namespace offramp
