#include "offramp/gateway/grpc_loop.h"

#include <functional>
#include <utility>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "tests/unit/wire/loop_contract.h"

namespace offramp {
namespace {

struct GrpcLoopAdapter {
  GrpcLoop loop;

  void After(double seconds, GrpcLoop::Task task) { loop.RunAfter(seconds, std::move(task)); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(GrpcLoopTest, LoopContract, GrpcLoopAdapter);

TEST(GrpcLoopTest, OperationsArriveOnTheLoopAndLateOnesInTheDestructor) {
  struct Recorded final : GrpcLoop::Operation {
    void OnDone(bool ok) override { results.push_back(ok); }
    std::vector<bool> results;
  };
  Recorded due;
  Recorded late;
  grpc::Alarm due_alarm;
  grpc::Alarm late_alarm;
  {
    GrpcLoop loop;
    due_alarm.Set(loop.queue(), gpr_inf_past(GPR_CLOCK_MONOTONIC), &due);
    late_alarm.Set(loop.queue(), gpr_inf_future(GPR_CLOCK_MONOTONIC), &late);
    loop.RunAfter(0.02, [&] { loop.Stop(); });
    loop.Run();
    EXPECT_EQ(due.results, std::vector<bool>{true});
    EXPECT_TRUE(late.results.empty());
    late_alarm.Cancel();
  }
  EXPECT_EQ(late.results, std::vector<bool>{false});
}

}  // namespace
}  // namespace offramp
