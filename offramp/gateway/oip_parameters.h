// Parameters of the Open Inference Protocol: what a request may say beside its tensors, the same
// over REST and gRPC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "offramp/base/status.h"
#include "offramp/gateway/inference.h"

namespace offramp {

using OipParameter = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

// Applies one request parameter to `request`:
//   early_exit  bool     false: every row goes to the last stage
//   timeout     integer  microseconds from now, at most a day counts; 0 and absent: the fleet's
//                        deadline
// Sequences are refused with kUnimplemented (their tasks would be answered wrongly). Every other
// name is accepted and ignored, as the protocol lets clients send parameters of other servers.
Status ApplyRequestParameter(std::string_view name, const OipParameter& value,
                             InferenceRequest& request);

inline constexpr double kMaxTimeoutSeconds = 86400;

// Refuses what must not be ignored on an input or requested output: shared memory and
// classification, with kUnimplemented.
Status CheckTensorParameter(std::string_view tensor, std::string_view name,
                            const OipParameter& value);

// kInvalidArgument when the client's request id is too long to travel on every hop.
Status CheckRequestId(std::string_view id);
inline constexpr std::size_t kMaxRequestIdBytes = 256;

// Whether `value` may be echoed in a header and written to a log as it is: 1..256 printable ASCII
// characters.
bool IsPlainToken(std::string_view value);

}  // namespace offramp
