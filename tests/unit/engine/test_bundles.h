// Bundles and tensors for the engine's tests, over the ONNX files in tests/data.
#pragma once

#include <string>
#include <vector>

#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"

namespace offramp {

// tests/data/tiny as its bundle.yaml describes it: x [-1, 8] -> hidden1, exit1_logits -> hidden2,
// exit2_logits -> logits [-1, 4].
Bundle TinyBundle();

// tests/data/skip: stage 2 passes `early` on, which its file only reads.
Bundle SkipBundle();

// One stage that is the file tests/data/onnx/<name>.onnx. `exit` is FP32 [-1, 4].
Bundle SingleStage(const std::string& name, std::vector<std::string> receives,
                   const std::string& exit);

// FP32 [rows, columns] with some fixed numbers that depend on `seed`.
Tensor Floats(const std::string& name, std::int64_t rows, std::int64_t columns, int seed);

std::vector<float> ValuesOf(const Tensor& tensor);

}  // namespace offramp
