#include "offramp/base/status.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "offramp/base/result.h"

namespace offramp {
namespace {

TEST(StatusTest, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int code = 0; code < kStatusCodeCount; ++code) {
    names.insert(StatusCodeName(static_cast<StatusCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kStatusCodeCount));
  EXPECT_FALSE(names.contains("UNKNOWN"));
}

TEST(StatusTest, AtPutsThePlaceInFront) {
  EXPECT_EQ(NotFoundError("no such node").At("fleet.yaml:3").ToString(),
            "NOT_FOUND: fleet.yaml:3: no such node");
  EXPECT_TRUE(OkStatus().At("anywhere").ok());
}

Result<int> Half(int number) {
  if (number % 2 != 0) return InvalidArgumentError("odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  OFFRAMP_ASSIGN_OR_RETURN(const int half, Half(number));
  return Half(half);
}

TEST(ResultTest, ErrorsTravelUp) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).status(), InvalidArgumentError("odd"));
  EXPECT_EQ(Quarter(5).status(), InvalidArgumentError("odd"));
}

TEST(ResultDeathTest, ValueOfAnErrorIsABug) {
  const Result<int> result = InvalidArgumentError("odd");
  EXPECT_DEATH((void)*result, "odd");
}

}  // namespace
}  // namespace offramp
