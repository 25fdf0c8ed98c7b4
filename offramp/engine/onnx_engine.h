// A stage on ONNX Runtime's CPU provider.
//
// Inputs and outputs are bound: the runtime reads the task's bytes where they lie (one copy when
// they are not aligned to their elements) and its outputs are handed on as they are. Time is the
// machine's own; LoadEngine wraps this into a PacedEngine.
#pragma once

#include <memory>

#include "offramp/base/result.h"
#include "offramp/engine/engine.h"
#include "offramp/model/bundle.h"

namespace offramp {

// Loads stage `stage` with `threads` threads within one call. Checks SHA-256, names, datatypes and
// shapes, and runs one row of zeros, so that the first task finds everything laid out.
Result<std::unique_ptr<Engine>> LoadOnnxEngine(const Bundle& bundle, int stage, int threads);

}  // namespace offramp
