#include "offramp/wire/asio_loop.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/wire/loop_contract.h"

namespace offramp {
namespace {

struct AsioLoopAdapter {
  AsioLoop loop;

  void After(double seconds, AsioLoop::Task task) {
    loop.RunAt(loop.NowSeconds() + seconds, std::move(task));
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(AsioLoopTest, LoopContract, AsioLoopAdapter);

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

}  // namespace
}  // namespace offramp
