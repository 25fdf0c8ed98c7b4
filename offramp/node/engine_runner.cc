#include "offramp/node/engine_runner.h"

#include <utility>

#include "offramp/base/check.h"
#include "offramp/base/clock.h"

namespace offramp {

ThreadEngineRunner::ThreadEngineRunner(std::unique_ptr<Engine> engine, EventLoop& loop)
    : engine_(std::move(engine)),
      loop_(loop),
      alive_(std::make_shared<bool>(true)),
      thread_([this] { Work(); }) {}

ThreadEngineRunner::~ThreadEngineRunner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  engine_->Interrupt();
  thread_.join();
  *alive_ = false;
}

void ThreadEngineRunner::Run(std::vector<Tensor> inputs, Done done) {
  {
    const std::lock_guard lock(mutex_);
    OFFRAMP_CHECK(!job_, "one batch at a time");
    job_ = Job{std::move(inputs), std::move(done)};
  }
  wake_.notify_one();
}

void ThreadEngineRunner::Work() {
  const SteadyClock clock;
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || job_.has_value(); });
      if (stopping_) return;
      job = *std::exchange(job_, std::nullopt);
    }
    const double start_s = clock.NowSeconds();
    auto outputs = std::make_shared<Outputs>(engine_->Run(job.inputs));
    const double compute_s = clock.NowSeconds() - start_s;
    loop_.Post([alive = alive_, done = std::move(job.done), outputs, compute_s] {
      if (*alive) done(std::move(*outputs), compute_s);
    });
  }
}

}  // namespace offramp
