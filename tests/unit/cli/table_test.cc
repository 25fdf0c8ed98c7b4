#include "offramp/cli/table.h"

#include <gtest/gtest.h>

#include "offramp/cli/terminal.h"

namespace offramp {
namespace {

TEST(Table, AlignsColumnsAndLeavesNoTrailingBlanks) {
  Table table;
  table.AddColumn("NAME", Table::Align::kLeft);
  table.AddColumn("N");
  table.AddColumn("NOTE", Table::Align::kLeft);
  table.AddRow({"a", "1", "x"});
  table.AddRow({"long-name", "100"});
  EXPECT_EQ(table.Render(),
            "NAME         N  NOTE\n"
            "a            1  x\n"
            "long-name  100\n");
}

TEST(Table, RulesSpanTheTable) {
  Table table;
  table.AddColumn("A", Table::Align::kLeft);
  table.AddColumn("B");
  table.AddRow({"1", "2"});
  table.AddRule();
  table.AddRow({"3", "4"});
  EXPECT_EQ(table.Render(), "A  B\n1  2\n────\n3  4\n");
}

TEST(Table, ColoursDoNotCountAsWidth) {
  Table table;
  table.AddColumn("A", Table::Align::kLeft);
  table.AddColumn("B");
  table.AddRow({Paint("x", "31", true), "1"});
  table.AddRow({"xyz", "2"});
  EXPECT_EQ(table.Render(), "A    B\n\x1b[31mx\x1b[0m    1\nxyz  2\n");
}

TEST(DisplayWidth, CountsCodePoints) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("─ü"), 2u);
  EXPECT_EQ(DisplayWidth("\x1b[1mab\x1b[0m"), 2u);
  EXPECT_EQ(DisplayWidth("\x1b["), 0u);  // cut off within an attribute
}

TEST(CutToWidth, ClosesAttributes) {
  EXPECT_EQ(CutToWidth("abcdef", 3), "abc");
  EXPECT_EQ(CutToWidth("abc", 3), "abc");
  EXPECT_EQ(CutToWidth("\x1b[1mabc\x1b[0m", 2), "\x1b[1mab\x1b[0m");
}

TEST(Terminal, PaintsOnlyWhenAsked) {
  EXPECT_EQ(Paint("x", "1", false), "x");
  EXPECT_EQ(Paint("x", "1", true), "\x1b[1mx\x1b[0m");
}

TEST(Terminal, ShortDurations) {
  EXPECT_EQ(ShortDuration(-1), "0 s");
  EXPECT_EQ(ShortDuration(59.4), "59 s");
  EXPECT_EQ(ShortDuration(125), "2 min 05 s");
}

}  // namespace
}  // namespace offramp
