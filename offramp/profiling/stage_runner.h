// StageRunner: a bundle's stages over rows, in order, each seeing what the one before sent and no
// more, as in a fleet, but in one thread and without a network.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/engine/engine.h"
#include "offramp/model/bundle.h"

namespace offramp {

// What rows left at each stage; index h - 1 is stage h.
struct StageTrace {
  std::vector<std::optional<Tensor>> exits;  // logits of every stage with an exit, and of the last
  std::vector<std::vector<Tensor>> sent;     // in the order of `sends`; empty unless kept
};

struct StageRunnerOptions {
  int threads = 1;         // of each stage's session
  bool keep_sent = false;  // memory: all that crosses for the rows of one Run
};

// One thread at a time; several runners may run beside each other.
class StageRunner {
 public:
  // Loads every stage (SHA-256 and interface checked). Errors are LoadEngine's.
  static Result<std::unique_ptr<StageRunner>> Load(const Bundle& bundle,
                                                   const StageRunnerOptions& options = {});

  // `inputs`: by name, all that stage 1 receives (DataRows::inputs). All rows go to the last stage.
  // Errors name the stage.
  Result<StageTrace> Run(const std::vector<Tensor>& inputs);

  // Stage `stage` alone, over what the stage before sent: sends, then the exit, then plain outputs
  // (Engine::Run).
  Result<std::vector<Tensor>> RunStage(int stage, const std::vector<Tensor>& carried);

  const Bundle& bundle() const { return bundle_; }

 private:
  StageRunner(const Bundle& bundle, const StageRunnerOptions& options)
      : bundle_(bundle), options_(options) {}

  const Bundle bundle_;
  const StageRunnerOptions options_;
  std::vector<std::unique_ptr<Engine>> engines_;
};

}  // namespace offramp
