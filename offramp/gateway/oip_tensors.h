// Checks of tensors as they come from clients, the same for every protocol: afterwards the bytes
// are what datatype and shape say, whoever sent them. Whether the model has such an input is the
// service's business.
#pragma once

#include "offramp/base/status.h"
#include "offramp/core/tensor.h"

namespace offramp {

inline constexpr std::size_t kMaxTensorsPerRequest = 64;
inline constexpr std::size_t kMaxTensorRank = 16;

// Name, rank and extents: 1..16 axes, none negative, at least one row, a product within bounds.
// Does not look at `tensor.data`.
Status CheckTensorShape(const Tensor& tensor);

// CheckTensorShape, then the bytes: exactly elements x width; BOOL bytes 0 or 1; BYTES a whole
// sequence of (uint32 length, bytes), one for each element. `what` names the source in the error
// ("binary data", "raw_input_contents").
Status CheckTensorBytes(const Tensor& tensor, const char* what);

// Inputs of one request: not more than kMaxTensorsPerRequest, no name twice.
Status CheckTensorNames(const std::vector<Tensor>& tensors);

// `bytes` itself where it is aligned for elements of `type`, else an aligned copy.
Buffer AlignedFor(DataType type, Buffer bytes);

}  // namespace offramp
