// Asking an Open Inference Protocol server what it serves.
#pragma once

#include <string>

#include "offramp/base/result.h"
#include "offramp/cli/load/request_data.h"

#include "inference/open_inference_grpc.grpc.pb.h"

namespace offramp {

// Interface of `model`, or of the only model served when it is empty. `target` is for messages.
Result<ServedModel> QueryModel(inference::GRPCInferenceService::Stub& stub,
                               const std::string& target, const std::string& model,
                               double timeout_s);

}  // namespace offramp
