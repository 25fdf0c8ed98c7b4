// The whole model, to learn from and to compare with. One with more weights than should be in
// memory at once runs piece by piece, in the order of its nodes: nothing is reordered,
// repeated or left out, so that it can witness for stages.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/engine/onnx_runner.h"
#include "offramp/partition/onnx_model.h"

namespace offramp {

// How many bytes of weights are in memory at once.
struct WholeModelLimits {
  std::int64_t whole = std::int64_t{512} << 20;  // up to here the model is loaded once
  std::int64_t piece = std::int64_t{128} << 20;  // else so many of them, or one node's
};

class WholeModel {
 public:
  // `model` must outlive it and stay as it is. `values` are what Run will be asked for besides
  // the model's outputs. kInvalidArgument when the runtime cannot load it.
  static Result<WholeModel> Open(OnnxModel& model, const std::vector<std::string>& values,
                                 const WholeModelLimits& limits = {});

  // As OnnxRunner::Run. Where pieces cannot hand on what crosses (sequences), the model runs at
  // once after all.
  Result<std::vector<std::optional<Tensor>>> Run(const std::vector<Tensor>& inputs,
                                                 const std::vector<std::string>& outputs);

 private:
  WholeModel() = default;

  OnnxModel* model_ = nullptr;
  WholeModelLimits limits_;
  std::vector<std::string> values_;
  std::unique_ptr<OnnxRunner> runner_;  // null: by pieces
};

// The same with bytes of its own. What a runner computes keeps the runner, and so its weights, in
// memory.
Tensor Detached(Tensor tensor);

}  // namespace offramp
