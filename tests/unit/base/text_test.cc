#include "offramp/base/text.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(TextTest, SplitKeepsEmptyParts) {
  EXPECT_EQ(Split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_TRUE(Split("", ',').empty());
}

TEST(TextTest, JoinIsTheOtherWayRound) {
  const std::vector<std::string> parts = {"a", "", "b"};
  EXPECT_EQ(Join(parts, ","), "a,,b");
}

TEST(TextTest, NearestForgivesTypingErrorsOnly) {
  const std::vector<std::string> keys = {"gateways", "nodes", "links"};
  EXPECT_EQ(Nearest("gatways", keys), "gateways");
  EXPECT_EQ(Nearest("node", keys), "nodes");
  EXPECT_EQ(Nearest("temperature", keys), "");
}

TEST(TextTest, FormatIsPrintf) { EXPECT_EQ(Format("%s is %.2f", "x", 1.5), "x is 1.50"); }

}  // namespace
}  // namespace offramp
