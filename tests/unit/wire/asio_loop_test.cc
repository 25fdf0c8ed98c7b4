#include "offramp/wire/asio_loop.h"

#include <atomic>
#include <future>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(AsioLoopTest, RunsPostsInOrderFromBeforeAndDuringRun) {
  AsioLoop loop;
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

TEST(AsioLoopTest, TasksPostedBeforeStopRunAndLaterOnesAreRefused) {
  AsioLoop loop;
  std::string log;
  EXPECT_TRUE(loop.Post([&] { log += 'a'; }));
  loop.RunAt(loop.NowSeconds() + 1000, [&] { log += 't'; });
  loop.Stop();
  EXPECT_FALSE(loop.Post([&] { log += 'b'; }));
  loop.Run();
  EXPECT_EQ(log, "a");
}

TEST(AsioLoopTest, TimersRunByTimeThenByOrderOfSetting) {
  AsioLoop loop;
  const double now_s = loop.NowSeconds();
  std::string log;
  loop.RunAt(now_s + 0.004, [&] { log += 'c'; });
  loop.RunAt(now_s + 0.002, [&] { log += 'a'; });
  const auto cancelled = loop.RunAt(now_s + 0.002, [&] { log += 'x'; });
  loop.RunAt(now_s + 0.002, [&] { log += 'b'; });
  loop.RunAt(now_s + 0.006, [&] { loop.Stop(); });
  loop.Cancel(cancelled);
  loop.Run();
  EXPECT_EQ(log, "abc");
}

TEST(AsioLoopTest, TimersAreNeverEarlyAndSeldomLate) {
  AsioLoop loop;
  double soonest_late_s = 1;
  int left = 20;
  std::function<void()> next = [&] {
    const double when_s = loop.NowSeconds() + 0.0013;
    loop.RunAt(when_s, [&, when_s] {
      const double late_s = loop.NowSeconds() - when_s;
      EXPECT_GE(late_s, 0);
      soonest_late_s = std::min(soonest_late_s, late_s);
      if (--left > 0) {
        next();
      } else {
        loop.Stop();
      }
    });
  };
  next();
  loop.Run();
  // Twenty chances, for a machine that is busy with something else.
  EXPECT_LT(soonest_late_s, 0.0005);
}

TEST(AsioLoopTest, TimersOfALoopThatStoodStillRunLate) {
  AsioLoop loop;
  const double now_s = loop.NowSeconds();
  std::string log;
  for (const char what : {'a', 'b', 'c'}) {
    loop.RunAt(now_s + 0.001, [&log, what] { log += what; });
  }
  loop.Cancel(loop.RunAt(now_s + 0.001, [&] { log += 'x'; }));
  loop.RunAt(now_s + 0.3, [&] { loop.Stop(); });
  loop.Post([&] {
    while (loop.NowSeconds() < now_s + 0.25) {
    }
  });
  loop.Run();
  EXPECT_EQ(log, "abc");
}

TEST(AsioLoopTest, OtherThreadsWakeASleepingLoop) {
  AsioLoop loop;
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

TEST(AsioLoopTest, ManyThreadsPostWithoutLoss) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  AsioLoop loop;
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

TEST(AsioLoopTest, AnIdleLoopUsesNoProcessorTime) {
  AsioLoop loop;
  loop.RunAt(loop.NowSeconds() + 0.3, [&] { loop.Stop(); });
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
