#include "offramp/gateway/grpc_loop.h"

#include <atomic>
#include <future>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(GrpcLoopTest, RunsPostsInOrderFromBeforeAndDuringRun) {
  GrpcLoop loop;
  std::string log;
  loop.Post([&] { log += 'a'; });
  loop.Post([&] {
    log += 'b';
    loop.Post([&] {
      log += 'd';
      loop.Stop();
    });
  });
  loop.Post([&] { log += 'c'; });
  loop.Run();
  EXPECT_EQ(log, "abcd");
}

TEST(GrpcLoopTest, TasksPostedBeforeStopRunAndLaterOnesAreRefused) {
  GrpcLoop loop;
  std::string log;
  EXPECT_TRUE(loop.Post([&] { log += 'a'; }));
  loop.RunAfter(1000, [&] { log += 't'; });
  loop.Stop();
  EXPECT_FALSE(loop.Post([&] { log += 'b'; }));
  loop.Run();
  EXPECT_EQ(log, "a");
}

TEST(GrpcLoopTest, TimersRunByTimeThenByOrderOfSetting) {
  GrpcLoop loop;
  std::string log;
  loop.RunAfter(0.004, [&] { log += 'b'; });
  loop.RunAfter(0.002, [&] { log += 'a'; });
  loop.RunAfter(0.006, [&] { loop.Stop(); });
  loop.Run();
  EXPECT_EQ(log, "ab");
}

TEST(GrpcLoopTest, OtherThreadsWakeASleepingLoop) {
  GrpcLoop loop;
  std::thread runner([&] { loop.Run(); });
  for (int i = 0; i < 1000; ++i) {
    std::promise<std::thread::id> ran;
    ASSERT_TRUE(loop.Post([&] { ran.set_value(std::this_thread::get_id()); }));
    auto future = ran.get_future();
    ASSERT_EQ(future.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    ASSERT_EQ(future.get(), runner.get_id());
  }
  loop.Stop();
  runner.join();
}

TEST(GrpcLoopTest, ManyThreadsPostWithoutLoss) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  GrpcLoop loop;
  std::vector<int> last(kThreads, -1);
  bool in_order = true;
  int ran = 0;
  std::thread runner([&] { loop.Run(); });
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.Post([&, t, i] {
          in_order = in_order && last[static_cast<std::size_t>(t)] == i - 1;
          last[static_cast<std::size_t>(t)] = i;
          if (++ran == kThreads * kPosts) loop.Stop();
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();
  runner.join();
  EXPECT_EQ(ran, kThreads * kPosts);
  EXPECT_TRUE(in_order);
}

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

TEST(GrpcLoopTest, AnIdleLoopUsesNoProcessorTime) {
  GrpcLoop loop;
  loop.RunAfter(0.3, [&] { loop.Stop(); });
  rusage before;
  getrusage(RUSAGE_SELF, &before);
  loop.Run();
  rusage after;
  getrusage(RUSAGE_SELF, &after);
  const auto seconds = [](const rusage& usage) {
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  EXPECT_LT(seconds(after) - seconds(before), 0.03);
}

}  // namespace
}  // namespace offramp
