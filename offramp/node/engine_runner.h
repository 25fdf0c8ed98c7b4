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

// An Engine on a thread of its own. A stage so fast that waking that thread would cost more than
// the stage itself is run on the loop instead (measured as it goes). Destruction cuts emulated
// waits short, waits for a run in progress and drops its result.
class ThreadEngineRunner final : public EngineRunner {
 public:
  ThreadEngineRunner(std::unique_ptr<Engine> engine, EventLoop& loop);
  ~ThreadEngineRunner() override;

  void Run(std::vector<Tensor> inputs, Done done) override;

  // Engine::SetSpeed; the next call is on the thread again.
  void SetSpeed(double gflops_per_s);

 private:
  struct Job {
    std::vector<Tensor> inputs;
    Done done;
  };

  void Work();
  void Finish(const Done& done, std::shared_ptr<Outputs> outputs, std::int64_t rows,
              double compute_s);

  const std::unique_ptr<Engine> engine_;
  EventLoop& loop_;
  double row_s_ = 1;                   // loop thread only: smoothed compute time of a row
  const std::shared_ptr<bool> alive_;  // loop thread only: results of a dead runner are dropped
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Job> job_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace offramp
