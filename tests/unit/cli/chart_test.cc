#include "offramp/cli/chart.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/text.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

TEST(TextChart, ARisingLineGoesFromCornerToCorner) {
  const std::vector<double> values = {0, 1, 2, 3};
  const std::string text = DrawChart(values, {.title = "up", .columns = 2, .rows = 1});
  const std::vector<std::string> lines = Split(text, '\n');
  EXPECT_EQ(lines[0], "up");
  EXPECT_THAT(lines[1], HasSubstr("3 ┤⣠⠞"));
  EXPECT_THAT(lines[2], HasSubstr("03"));
}

TEST(TextChart, NamesItsEnds) {
  const std::vector<double> values = {1000, 10, NAN, 20};
  const std::string text =
      DrawChart(values, {.title = "t", .columns = 10, .rows = 3, .log = true, .log_index = true});
  EXPECT_THAT(text, HasSubstr("     1000 ┤"));
  EXPECT_THAT(text, HasSubstr("       10 ┤"));
}

TEST(TextChart, NothingToDrawIsEmpty) {
  EXPECT_EQ(DrawChart({}, {}), "");
  const std::vector<double> none = {NAN};
  EXPECT_EQ(DrawChart(none, {}), "");
  const std::vector<double> flat = {5};
  EXPECT_THAT(DrawChart(flat, {.title = "flat"}), HasSubstr("5 ┤"));
}

}  // namespace
}  // namespace offramp
