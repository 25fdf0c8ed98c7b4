// What a stage returns, by name, and looking tensors up by name.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"

namespace offramp {

// Names in the order of Engine::Run: `sends`, then the exit, then those of the bundle's `outputs`
// but the last that are among `file_outputs`; each once.
std::vector<std::string> StageOutputNames(const Bundle& bundle, int stage,
                                          const std::vector<std::string>& file_outputs);

// The tensor `name` among `tensors`, or null.
const Tensor* FindTensor(const std::vector<Tensor>& tensors, const std::string& name);

// The tensor's bytes where every element is aligned to its size: its own where they are, else a
// copy. Every runtime may assume that much, and the wire does not promise it.
Buffer ElementAligned(const Tensor& tensor);

// Rows that `tensors` have in common. kInvalidArgument unless there is a tensor and all have the
// same number of rows, at least one.
Result<std::int64_t> CommonRows(const std::vector<Tensor>& tensors);

}  // namespace offramp
