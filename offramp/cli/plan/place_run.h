// `offramp plan --place`: machines and a model in, a fleet file out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "offramp/cli/scenario_options.h"

namespace offramp {

struct PlaceFlags {
  bool place = false;
  std::string model;        // positional
  std::string model_named;  // --model
  std::string output;       // of the fleet file; empty: standard output
  std::string bundle;       // folder that an ONNX model is split into
  int stages_max = 6;
  std::vector<std::string> shapes;
};

// `scenario` holds the other path and the objective's options. Returns the exit code.
int RunPlace(const ScenarioOptions& scenario, const PlaceFlags& flags, std::uint64_t seed,
             bool json);

}  // namespace offramp
