// A stage without its model: outputs of the right size and exits as sure as the profile's, so that
// a fleet larger than this machine can be run. Time is LoadEngine's to add (PacedEngine).
//
// Every task is one row of the exit profile, chosen by its input's bytes in stage 1 and carried in
// the first element of every tensor that is sent, so that a task is equally hard at every stage and
// on every route. Sent tensors are FP32 [n, k] and hold `output_bytes` a task together. An exit's
// logits give, by MaxSoftmax at the exit's temperature, the confidence in the profile's row; the
// right class of row r counts as r modulo the number of classes, and the answer is that class where
// the profile says that the exit was right, else the one after it.
#pragma once

#include <memory>

#include "offramp/base/result.h"
#include "offramp/engine/engine.h"
#include "offramp/model/bundle.h"

namespace offramp {

// Never opens the stage's file. Without a profile every exit is half sure. kInvalidArgument when
// the bundle's answer is no FP32 matrix [-1, classes].
Result<std::unique_ptr<Engine>> MakeEmulatedEngine(const Bundle& bundle, int stage);

}  // namespace offramp
