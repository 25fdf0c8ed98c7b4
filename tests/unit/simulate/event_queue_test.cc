#include "offramp/simulate/event_queue.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

TEST(EventQueueTest, OneTimeHappensInTheOrderOfMaking) {
  EventQueue queue;
  for (std::uint32_t i = 0; i < 1000; ++i) queue.Push(1, EventKind::kDone, i);
  queue.Push(0.5, EventKind::kDone, 1000);
  EXPECT_EQ(queue.Pop().index, 1000U);
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(queue.Pop().index, i);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueueTest, AnyMixOfPushAndPopIsSorted) {
  Random random(5);
  EventQueue queue;
  std::vector<std::pair<double, std::uint64_t>> expected;  // what is in the queue
  double now_s = 0;
  std::uint64_t pushed = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (queue.empty() || random.Chance(0.52)) {
      // Few distinct times, so that many are equal.
      const double at_s = now_s + static_cast<double>(random.Below(50));
      queue.Push(at_s, EventKind::kDone, static_cast<std::uint32_t>(pushed), 7);
      expected.emplace_back(at_s, pushed++);
    } else {
      const auto least = std::min_element(expected.begin(), expected.end());
      const Event event = queue.Pop();
      ASSERT_EQ(event.at_s, least->first);
      ASSERT_EQ(event.index, least->second);
      ASSERT_EQ(event.generation, 7U);
      expected.erase(least);
      now_s = event.at_s;
    }
    ASSERT_EQ(queue.size(), expected.size());
  }
}

}  // namespace
}  // namespace offramp
