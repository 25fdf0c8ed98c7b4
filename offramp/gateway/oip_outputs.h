// Which tensors a reply carries: the model's outputs, exit_stage, confidence and label, chosen by
// name.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/gateway/inference.h"

namespace offramp {

// kInvalidArgument when a name is no output of the model or stands twice. Called before the request
// is sent into the fleet. No names: every output is meant.
Status CheckOutputNames(const Bundle& model, const std::vector<std::string>& names);

// The tensors of `reply`, an answer of `model`, in the order of `names`; without names what
// DescribedOutputs says. Shares the bytes. kInternal when the reply lacks a requested tensor.
// REQUIRES: reply.status is OK.
Result<std::vector<Tensor>> SelectOutputs(const Bundle& model, const InferenceReply& reply,
                                          const std::vector<std::string>& names);

}  // namespace offramp
