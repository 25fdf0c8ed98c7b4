// How sure an exit is of its answer: the largest softmax probability of its logits, divided by the
// exit's calibrated temperature first (Guo et al. 2017, "On Calibration of Modern Neural
// Networks"). A task exits iff this number reaches the threshold (formats.md "Plan").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"

namespace offramp {

struct Confidence {
  float confidence = 0;  // max_k softmax(logits / temperature)_k, in 0..1
  int argmax = 0;        // the class that has it; the first of equals
  bool valid = true;     // false: a NaN among the logits, or none at all; confidence is 0 then, so
                         // that such a row never exits early
};

// Of one row. An infinite logit wins outright; several share the probability. REQUIRES:
// temperature > 0. Thread-safe.
Confidence MaxSoftmax(std::span<const float> logits, double temperature);

// Of every row of an exit's output (FP16, BF16, FP32 or FP64; a row's elements are its classes).
// Errors: kInvalidArgument for another datatype or when bytes and shape do not fit.
Result<std::vector<Confidence>> RowConfidences(const Tensor& logits, double temperature);

// The elements of a floating-point tensor in order. Errors as RowConfidences.
Result<std::vector<float>> FloatsOf(const Tensor& tensor);

}  // namespace offramp
