#include "offramp/profiling/stage_runner.h"

#include "offramp/base/text.h"
#include "offramp/engine/stage_outputs.h"

namespace offramp {

Result<std::unique_ptr<StageRunner>> StageRunner::Load(const Bundle& bundle,
                                                       const StageRunnerOptions& options) {
  std::unique_ptr<StageRunner> runner(new StageRunner(bundle, options));
  for (int stage = 1; stage <= bundle.stage_count(); ++stage) {
    OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                             LoadEngine(bundle, stage, {.threads = options.threads}));
    runner->engines_.push_back(std::move(engine));
  }
  return runner;
}

Result<std::vector<Tensor>> StageRunner::RunStage(int stage, const std::vector<Tensor>& carried) {
  auto outputs = engines_[static_cast<std::size_t>(stage - 1)]->Run(carried);
  if (!outputs.ok()) return outputs.status().At(Format("stage %d", stage));
  return outputs;
}

Result<StageTrace> StageRunner::Run(const std::vector<Tensor>& inputs) {
  StageTrace trace;
  std::vector<Tensor> carried = inputs;
  for (int stage = 1; stage <= bundle_.stage_count(); ++stage) {
    const BundleStage& facts = bundle_.stage(stage);
    OFFRAMP_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, RunStage(stage, carried));
    const Tensor* exit = facts.exit.empty() ? nullptr : FindTensor(outputs, facts.exit);
    trace.exits.push_back(exit == nullptr ? std::nullopt : std::optional<Tensor>(*exit));
    outputs.resize(facts.sends.size());  // they come first
    carried = std::move(outputs);
    trace.sent.push_back(options_.keep_sent ? carried : std::vector<Tensor>());
  }
  return trace;
}

}  // namespace offramp
