// The reply to an infer request over REST: JSON, with binary tensors behind it where they are
// wanted.
#pragma once

#include <string>

#include "offramp/gateway/inference.h"
#include "offramp/gateway/rest_request.h"
#include "offramp/wire/http_message.h"

namespace offramp {

// {"error": "..."} with the status map's code. `retry_after_s` > 0 adds Retry-After, in whole
// seconds rounded up.
HttpResponse RestError(const Status& status, double retry_after_s = 0);

// 200 with the outputs of `model` that `plan` names, or the error that `reply` carries. JSON
// numbers are the shortest text that reads back to the same value; NaN and infinities, which JSON
// lacks, become null. FP16 and BF16 outputs can only be answered as binary data: otherwise
// kInvalidArgument says so.
HttpResponse RestReply(const RestReplyPlan& plan, const Bundle& model, const InferenceReply& reply);

}  // namespace offramp
