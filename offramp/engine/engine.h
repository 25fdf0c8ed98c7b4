// Engine: one loaded sub-model. Run is blocking and belongs to one thread; a node owns that thread
// and joins parcels into batches before it calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"

namespace offramp {

class Engine {
 public:
  virtual ~Engine() = default;

  // Runs the stage over `inputs`: what the task carries, each of the stage's `receives` among them,
  // found by name; all with the same number of rows, at least one. Returns the stage's `sends` in
  // order, then the exit's output where there is one (in the last stage: the answer), then plain
  // outputs (entries of the bundle's `outputs` that this stage's file has), all with as many rows;
  // OutputNames() lists them. A tensor to be sent that the file does not compute is passed on from
  // `inputs`. Input bytes are only read; outputs keep their bytes alive themselves, also after the
  // engine is gone, and any thread may drop them.
  // Errors: kInvalidArgument when names, types or shapes do not fit, or an operator rejects a value
  // (one row of many is enough); kInternal when the runtime fails otherwise. The engine stays
  // usable after either.
  virtual Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs) = 0;

  // Names of what Run returns, in its order.
  virtual const std::vector<std::string>& OutputNames() const = 0;

  // Emulated speed from the next wait on (a slow-down, or its end); 0: this machine's own. Thread-
  // safe. Does nothing where time is not emulated: LoadEngine's engines all do.
  virtual void SetSpeed(double gflops_per_s) { static_cast<void>(gflops_per_s); }

  // Ends the wait under way, if any, and every later one at once: results stay right, time no
  // longer is. For shutdown. Thread-safe.
  virtual void Interrupt() {}
};

struct EngineOptions {
  int threads = 1;          // intra-op threads of the runtime
  bool emulated = false;    // no runtime: outputs of the right shape, time by FLOPs alone
  double gflops_per_s = 0;  // emulated speed: real inference, then the rest of gflops /
                            // gflops_per_s is waited out; 0: this machine's own speed
};

// Loads stage `stage` (1-based) of `bundle`, checks its SHA-256 and its inputs and outputs against
// the bundle, and warms it up. REQUIRES: the bundle was read by ReadBundle.
// Errors name the file and what differs: kNotFound when it is not there, kFailedPrecondition when
// its SHA-256 is another, kInvalidArgument when it is no model or does not fit the bundle.
Result<std::unique_ptr<Engine>> LoadEngine(const Bundle& bundle, int stage,
                                           const EngineOptions& options);

}  // namespace offramp
