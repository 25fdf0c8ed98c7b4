// What of a stage's tensors an exit after it can read.
#pragma once

#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/exits/pooling.h"
#include "offramp/model/bundle.h"

namespace offramp {

// The floating tensors among `sent` (what the stage sent for some rows) that the stage's own file
// computes or reads, and the model's mask if tokens are among them: an input of the model called
// "...mask..." of shape [n, t]. `notes` says what was left out and why.
// kInvalidArgument when nothing is left.
Result<ExitInputs> FindExitInputs(const Bundle& bundle, const onnx::GraphProto& file,
                                  const std::vector<Tensor>& sent,
                                  const std::vector<Tensor>& inputs,
                                  std::vector<std::string>& notes);

}  // namespace offramp
