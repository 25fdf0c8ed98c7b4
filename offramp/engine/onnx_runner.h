// OnnxRunner: any ONNX file as it is, without a bundle: to look at, to compare with, to measure.
// What a node serves is an Engine (engine.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/engine/onnx_interface.h"

namespace offramp {

struct OnnxRunnerOptions {
  int threads = 1;
  bool optimise = false;  // let the runtime rewrite the graph; else each node runs as it stands
  std::string trace;      // begin of a file's path: what each node took goes there; empty: nowhere
};

// One thread at a time.
class OnnxRunner {
 public:
  virtual ~OnnxRunner() = default;

  // kInvalidArgument when the runtime cannot load it, with its reason.
  static Result<std::unique_ptr<OnnxRunner>> FromFile(const std::string& path,
                                                      const OnnxRunnerOptions& options);
  // A serialised model whose external data lie in `folder`. `what` names it in errors.
  static Result<std::unique_ptr<OnnxRunner>> FromBytes(const std::string& bytes,
                                                       const std::string& folder,
                                                       const std::string& what,
                                                       const OnnxRunnerOptions& options);

  virtual const OnnxInterface& interface() const = 0;

  // `inputs` by name, in any order; `outputs` in the order asked for. nullopt: not a tensor that
  // can be carried (a sequence, strings). Scalars have an empty shape.
  // Errors: kInvalidArgument with the runtime's reason; the runner stays usable.
  virtual Result<std::vector<std::optional<Tensor>>> Run(
      const std::vector<Tensor>& inputs, const std::vector<std::string>& outputs) = 0;

  // Path of the trace's file (Chrome's trace events), complete by now: later runs are not in it.
  // kFailedPrecondition without OnnxRunnerOptions::trace.
  virtual Result<std::string> FinishTrace() = 0;
};

}  // namespace offramp
