// Whether a request fits the model: everything that can be known before a task is sent.
#pragma once

#include <cstdint>

#include "offramp/base/result.h"
#include "offramp/gateway/inference.h"

namespace offramp {

// Number of rows of a request that fits `model`. Errors name the input, what it is and what was
// expected: kNotFound for another model or version, kInvalidArgument for everything else.
Result<std::int64_t> CheckRequest(const InferenceRequest& request, const Bundle& model,
                                  std::int64_t max_rows);

}  // namespace offramp
