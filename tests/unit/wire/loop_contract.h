// What every loop that other threads post to promises, as typed tests: instantiate them with a type
// whose `loop` has Run, Stop and Post, and whose `After(seconds, task)` sets a timer.
#pragma once

#include <chrono>
#include <future>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace offramp {

template <typename Adapter>
class LoopContract : public ::testing::Test {};

TYPED_TEST_SUITE_P(LoopContract);

TYPED_TEST_P(LoopContract, RunsPostsInOrderFromBeforeAndDuringRun) {
  TypeParam a;
  std::string log;
  a.loop.Post([&] { log += 'a'; });
  a.loop.Post([&] {
    log += 'b';
    a.loop.Post([&] {
      log += 'd';
      a.loop.Stop();
    });
  });
  a.loop.Post([&] { log += 'c'; });
  a.loop.Run();
  EXPECT_EQ(log, "abcd");
}

TYPED_TEST_P(LoopContract, TasksPostedBeforeStopRunAndLaterOnesAreRefused) {
  TypeParam a;
  std::string log;
  EXPECT_TRUE(a.loop.Post([&] { log += 'a'; }));
  a.After(1000, [&] { log += 't'; });
  a.loop.Stop();
  EXPECT_FALSE(a.loop.Post([&] { log += 'b'; }));
  a.loop.Run();
  EXPECT_EQ(log, "a");
}

TYPED_TEST_P(LoopContract, TimersRunByTime) {
  TypeParam a;
  std::string log;
  a.After(0.004, [&] { log += 'b'; });
  a.After(0.002, [&] { log += 'a'; });
  a.After(0.006, [&] { a.loop.Stop(); });
  a.loop.Run();
  EXPECT_EQ(log, "ab");
}

TYPED_TEST_P(LoopContract, OtherThreadsWakeASleepingLoop) {
  TypeParam a;
  std::thread runner([&] { a.loop.Run(); });
  for (int i = 0; i < 1000; ++i) {
    std::promise<std::thread::id> ran;
    ASSERT_TRUE(a.loop.Post([&] { ran.set_value(std::this_thread::get_id()); }));
    auto future = ran.get_future();
    ASSERT_EQ(future.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    ASSERT_EQ(future.get(), runner.get_id());
  }
  a.loop.Stop();
  runner.join();
}

TYPED_TEST_P(LoopContract, ManyThreadsPostWithoutLoss) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  TypeParam a;
  std::vector<int> last(kThreads, -1);
  bool in_order = true;
  int ran = 0;
  std::thread runner([&] { a.loop.Run(); });
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        a.loop.Post([&, t, i] {
          in_order = in_order && last[static_cast<std::size_t>(t)] == i - 1;
          last[static_cast<std::size_t>(t)] = i;
          if (++ran == kThreads * kPosts) a.loop.Stop();
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();
  runner.join();
  EXPECT_EQ(ran, kThreads * kPosts);
  EXPECT_TRUE(in_order);
}

TYPED_TEST_P(LoopContract, AnIdleLoopUsesNoProcessorTime) {
  TypeParam a;
  a.After(0.3, [&] { a.loop.Stop(); });
  rusage before;
  getrusage(RUSAGE_SELF, &before);
  a.loop.Run();
  rusage after;
  getrusage(RUSAGE_SELF, &after);
  const auto seconds = [](const rusage& usage) {
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  EXPECT_LT(seconds(after) - seconds(before), 0.03);
}

REGISTER_TYPED_TEST_SUITE_P(LoopContract, RunsPostsInOrderFromBeforeAndDuringRun,
                            TasksPostedBeforeStopRunAndLaterOnesAreRefused, TimersRunByTime,
                            OtherThreadsWakeASleepingLoop, ManyThreadsPostWithoutLoss,
                            AnIdleLoopUsesNoProcessorTime);

}  // namespace offramp
