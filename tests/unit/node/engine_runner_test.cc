// The thread that computes: results arrive on the loop, and none after its end.
#include "offramp/node/engine_runner.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "offramp/base/clock.h"
#include "offramp/wire/asio_loop.h"

namespace offramp {
namespace {

class FakeEngine final : public Engine {
 public:
  FakeEngine(std::atomic<std::thread::id>& ran_on, double takes_s)
      : ran_on_(ran_on), takes_s_(takes_s) {}

  Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs) override {
    ran_on_ = std::this_thread::get_id();
    const SteadyClock clock;
    const double end_s = clock.NowSeconds() + takes_s_;
    while (clock.NowSeconds() < end_s && !interrupted_) std::this_thread::yield();
    if (inputs.empty()) return InternalError("nothing to run");
    return inputs;
  }
  const std::vector<std::string>& OutputNames() const override { return names_; }
  void Interrupt() override { interrupted_ = true; }

 private:
  std::atomic<std::thread::id>& ran_on_;
  const double takes_s_;
  std::atomic<bool> interrupted_ = false;
  std::vector<std::string> names_;
};

std::vector<Tensor> Input() {
  Tensor tensor;
  tensor.name = "x";
  tensor.datatype = DataType::kUint8;
  tensor.shape = {1, 1};
  tensor.data = Buffer::CopyOf(std::string("7"));
  return {tensor};
}

// Runs `times` batches one after the other, then stops the loop.
void RunMany(ThreadEngineRunner& runner, AsioLoop& loop, int times) {
  runner.Run(Input(), [&runner, &loop, times](EngineRunner::Outputs outputs, double compute_s) {
    EXPECT_TRUE(outputs.ok());
    EXPECT_GE(compute_s, 0);
    if (times <= 1) return loop.Stop();
    RunMany(runner, loop, times - 1);
  });
}

TEST(ThreadEngineRunnerTest, ASlowStageRunsBesideTheLoop) {
  AsioLoop loop;
  std::atomic<std::thread::id> ran_on;
  ThreadEngineRunner runner(std::make_unique<FakeEngine>(ran_on, 0.001), loop);
  loop.Post([&] { RunMany(runner, loop, 3); });
  loop.Run();
  EXPECT_NE(ran_on.load(), std::this_thread::get_id());
}

TEST(ThreadEngineRunnerTest, ATinyStageComesToRunOnTheLoopUntilItsSpeedIsSet) {
  AsioLoop loop;
  std::atomic<std::thread::id> ran_on;
  ThreadEngineRunner runner(std::make_unique<FakeEngine>(ran_on, 0), loop);
  int on_loop = 0;
  std::function<void(int)> next = [&](int left) {
    runner.Run(Input(), [&, left](EngineRunner::Outputs, double) {
      if (ran_on.load() == std::this_thread::get_id()) ++on_loop;
      if (left == 0) return loop.Stop();
      next(left - 1);
    });
  };
  loop.Post([&] { next(500); });
  loop.Run();
  EXPECT_GT(on_loop, 0);
}

TEST(ThreadEngineRunnerTest, AFailureArrivesLikeAnyResult) {
  AsioLoop loop;
  std::atomic<std::thread::id> ran_on;
  ThreadEngineRunner runner(std::make_unique<FakeEngine>(ran_on, 0), loop);
  StatusCode code = StatusCode::kOk;
  loop.Post([&] {
    runner.Run({}, [&](EngineRunner::Outputs outputs, double) {
      code = outputs.status().code();
      loop.Stop();
    });
  });
  loop.Run();
  EXPECT_EQ(code, StatusCode::kInternal);
}

TEST(ThreadEngineRunnerTest, ItsEndCutsTheRunShortAndDropsTheResult) {
  AsioLoop loop;
  std::atomic<std::thread::id> ran_on;
  const SteadyClock clock;
  const double start_s = clock.NowSeconds();
  auto runner =
      std::make_unique<ThreadEngineRunner>(std::make_unique<FakeEngine>(ran_on, 60), loop);
  bool called = false;
  loop.Post([&] {
    runner->Run(Input(), [&](EngineRunner::Outputs, double) { called = true; });
    runner.reset();
    loop.Stop();
  });
  loop.Run();
  EXPECT_FALSE(called);
  EXPECT_LT(clock.NowSeconds() - start_s, 30);
}

}  // namespace
}  // namespace offramp
