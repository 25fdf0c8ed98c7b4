#include "offramp/node/engine_runner.h"

#include <algorithm>
#include <utility>

#include "offramp/base/check.h"
#include "offramp/base/clock.h"

namespace offramp {

namespace {

// Two thread hand-overs cost about this much.
constexpr double kInlineS = 100e-6;
constexpr double kTrust = 0.2;

}  // namespace

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

void ThreadEngineRunner::SetSpeed(double gflops_per_s) {
  row_s_ = 1;
  engine_->SetSpeed(gflops_per_s);
}

void ThreadEngineRunner::Finish(const Done& done, std::shared_ptr<Outputs> outputs,
                                std::int64_t rows, double compute_s) {
  const double row_s = compute_s / static_cast<double>(std::max<std::int64_t>(rows, 1));
  // Slow to trust, quick to doubt: the loop must not be held up.
  row_s_ = std::max(row_s, row_s_ + kTrust * (row_s - row_s_));
  done(std::move(*outputs), compute_s);
}

void ThreadEngineRunner::Run(std::vector<Tensor> inputs, Done done) {
  const std::int64_t rows = inputs.empty() ? 1 : inputs.front().rows();
  if (row_s_ * static_cast<double>(rows) < kInlineS) {
    const double start_s = loop_.NowSeconds();
    auto outputs = std::make_shared<Outputs>(engine_->Run(inputs));
    const double compute_s = loop_.NowSeconds() - start_s;
    // Posted, not called: a long queue would recurse.
    loop_.Post([this, alive = alive_, done = std::move(done), outputs, rows, compute_s] {
      if (*alive) Finish(done, outputs, rows, compute_s);
    });
    return;
  }
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
    const std::int64_t rows = job.inputs.empty() ? 1 : job.inputs.front().rows();
    loop_.Post([this, alive = alive_, done = std::move(job.done), outputs, rows, compute_s] {
      if (*alive) Finish(done, outputs, rows, compute_s);
    });
  }
}

}  // namespace offramp
