#include "offramp/core/policy.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(PolicyTest, NamesRoundTrip) {
  const std::vector<std::string> names = PolicyNames(/*live_only=*/false);
  EXPECT_EQ(names.size(), 12U);
  for (const std::string& name : names) {
    const auto policy = ParsePolicy(name);
    ASSERT_TRUE(policy.has_value()) << name;
    EXPECT_EQ(PolicyName(*policy), name);
  }
}

TEST(PolicyTest, SpellingIsThatOfFleetFiles) {
  EXPECT_EQ(ParsePolicy("dto-ee"), Policy::kDtoEe);
  EXPECT_EQ(ParsePolicy("weighted-least-outstanding"), Policy::kWeightedLeastOutstanding);
  EXPECT_EQ(ParsePolicy("power-of-two"), Policy::kPowerOfTwo);
}

TEST(PolicyTest, NothingElseParses) {
  for (const char* name : {"", "dto", "DTO-EE", "round_robin", " no-exit", "unknown"}) {
    EXPECT_FALSE(ParsePolicy(name).has_value()) << name;
  }
}

TEST(PolicyTest, LiveNamesAreThoseThatAFleetCanRun) {
  const std::vector<std::string> names = PolicyNames(/*live_only=*/true);
  EXPECT_EQ(names.size(), 9U);
  EXPECT_TRUE(std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return IsLivePolicy(*ParsePolicy(name));
  }));
  EXPECT_FALSE(IsLivePolicy(Policy::kNash));
  EXPECT_FALSE(IsLivePolicy(Policy::kGenetic));
  EXPECT_FALSE(IsLivePolicy(Policy::kOptimum));
}

}  // namespace
}  // namespace offramp
