#include "offramp/engine/engine.h"

#include "offramp/base/check.h"
#include "offramp/engine/emulated_engine.h"
#include "offramp/engine/onnx_engine.h"
#include "offramp/engine/paced_engine.h"

namespace offramp {

Result<std::unique_ptr<Engine>> LoadEngine(const Bundle& bundle, int stage,
                                           const EngineOptions& options) {
  OFFRAMP_CHECK(stage >= 1 && stage <= bundle.stage_count(), "the bundle has this stage");
  OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                           options.emulated ? MakeEmulatedEngine(bundle, stage)
                                            : LoadOnnxEngine(bundle, stage, options.threads));
  // Also at the machine's own speed, so that a slow-down can be injected into any node.
  return std::unique_ptr<Engine>(std::make_unique<PacedEngine>(
      std::move(engine), bundle.stage(stage).gflops, options.gflops_per_s));
}

}  // namespace offramp
