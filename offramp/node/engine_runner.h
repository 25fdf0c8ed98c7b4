// EngineRunner: the thread that computes, seen from the loop. One batch at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/engine/engine.h"
#include "offramp/wire/event_loop.h"

namespace offramp {

class EngineRunner {
 public:
  using Outputs = Result<std::vector<Tensor>>;
  using Done = std::function<void(Outputs outputs, double compute_s)>;

  virtual ~EngineRunner() = default;

  // Computes and then calls `done` on the loop. REQUIRES: no run in progress.
  virtual void Run(std::vector<Tensor> inputs, Done done) = 0;
};

// An Engine on a thread of its own. Destruction cuts emulated waits short, waits for a run in progress
// and drops its result.
class ThreadEngineRunner final : public EngineRunner {
 public:
  // `engine` is used by the runner's thread only.
  ThreadEngineRunner(std::unique_ptr<Engine> engine, EventLoop& loop);
  ~ThreadEngineRunner() override;

  void Run(std::vector<Tensor> inputs, Done done) override;

  // Engine::SetSpeed.
  void SetSpeed(double gflops_per_s) { engine_->SetSpeed(gflops_per_s); }

 private:
  struct Job {
    std::vector<Tensor> inputs;
    Done done;
  };

  void Work();

  const std::unique_ptr<Engine> engine_;
  EventLoop& loop_;
  const std::shared_ptr<bool> alive_;  // loop thread only: results of a dead runner are dropped
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Job> job_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace offramp
