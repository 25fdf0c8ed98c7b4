// Real waits, so every bound on time is a generous one.
#include "offramp/engine/paced_engine.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/engine/test_bundles.h"

namespace offramp {
namespace {

constexpr double kForeverGflops = 3600;  // an hour at 1 GFLOP/s

// Gives its inputs back, or an error.
class EchoEngine final : public Engine {
 public:
  explicit EchoEngine(Status status = OkStatus()) : status_(std::move(status)) {}
  Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs) override {
    if (!status_.ok()) return status_;
    return inputs;
  }
  const std::vector<std::string>& OutputNames() const override { return names_; }

 private:
  Status status_;
  std::vector<std::string> names_ = {"x"};
};

double SecondsOf(Engine& engine, std::int64_t rows) {
  const auto begin = std::chrono::steady_clock::now();
  const Result<std::vector<Tensor>> outputs = engine.Run({Floats("x", rows, 2, 1)});
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_EQ((*outputs)[0].rows(), rows);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(PacedEngineTest, TakesAtLeastTheTimeOfTheSlowerMachine) {
  PacedEngine engine(std::make_unique<EchoEngine>(), /*gflops=*/0.5, /*gflops_per_s=*/50);
  EXPECT_GE(SecondsOf(engine, 1), 0.01);
  EXPECT_GE(SecondsOf(engine, 3), 0.03);
  EXPECT_EQ(engine.OutputNames(), std::vector<std::string>{"x"});
}

TEST(PacedEngineTest, WithoutASpeedItDoesNotWait) {
  PacedEngine engine(std::make_unique<EchoEngine>(), kForeverGflops, 0);
  EXPECT_LT(SecondsOf(engine, 1), 60);
}

TEST(PacedEngineTest, ASlowDownHoldsFromTheNextCall) {
  PacedEngine engine(std::make_unique<EchoEngine>(), 0.1, 1e9);
  SecondsOf(engine, 1);
  engine.SetSpeed(5);
  EXPECT_GE(SecondsOf(engine, 1), 0.02);
  engine.SetSpeed(0);
  EXPECT_LT(SecondsOf(engine, 1000), 10) << "an hour would be 20 s at the old speed";
}

TEST(PacedEngineTest, AWaitUnderWayFollowsTheNewSpeed) {
  PacedEngine engine(std::make_unique<EchoEngine>(), kForeverGflops, 1);
  std::thread other([&engine] { engine.SetSpeed(1e9); });
  EXPECT_LT(SecondsOf(engine, 1), 60);
  other.join();
}

TEST(PacedEngineTest, InterruptEndsTheWaitAndAllLaterOnes) {
  PacedEngine engine(std::make_unique<EchoEngine>(), kForeverGflops, 1);
  std::thread other([&engine] { engine.Interrupt(); });
  EXPECT_LT(SecondsOf(engine, 1), 60);
  other.join();
  EXPECT_LT(SecondsOf(engine, 1), 60);
}

TEST(PacedEngineTest, ErrorsComeBackAtOnce) {
  PacedEngine engine(std::make_unique<EchoEngine>(InternalError("broken")), kForeverGflops, 1);
  EXPECT_EQ(engine.Run({Floats("x", 1, 2, 1)}).status(), InternalError("broken"));
}

TEST(PacedEngineTest, AbsurdTimesDoNotOverflow) {
  PacedEngine engine(std::make_unique<EchoEngine>(), 1e300, 1e-300);
  engine.Interrupt();
  EXPECT_LT(SecondsOf(engine, 1), 60);
}

TEST(LoadEngineTest, EmulatedSpeedIsPacedWithAndWithoutTheModel) {
  Bundle bundle = TinyBundle();
  bundle.stages[0].gflops = 1;
  for (const bool emulated : {false, true}) {
    const EngineOptions options{.threads = 1, .emulated = emulated, .gflops_per_s = 100};
    const auto engine = LoadEngine(bundle, 1, options);
    ASSERT_TRUE(engine.ok()) << engine.status();
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE((*engine)->Run({Floats("x", 2, 8, 1)}).ok());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
  }
}

}  // namespace
}  // namespace offramp
