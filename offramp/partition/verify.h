// Whether stages, run one after the other, answer as the whole model does.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/model/bundle.h"
#include "offramp/partition/onnx_model.h"
#include "offramp/partition/probe.h"

namespace offramp {

struct Comparison {
  double max_difference = 0;  // |staged - whole| / (1 + |whole|), over all outputs
  std::string worst_output;
  int samples = 0;   // random ones
  int examples = 0;  // of the user
};

// Runs `bundle` (its files are in its folder) and the whole model on random inputs, one stage in
// memory at a time, tensors handed on as `sends` and `receives` say. Outputs are compared by name,
// exits of earlier stages too; so on `examples`, sets of inputs of one task. kInvalidArgument: they
// differ in type or shape, or the model rejects every input that was tried, or an example.
Result<Comparison> CompareWithWhole(OnnxModel& model, const Probed& probed, const Bundle& bundle,
                                    std::uint64_t seed,
                                    const std::vector<std::vector<Tensor>>& examples);

}  // namespace offramp
