#include "offramp/cli/json_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(JsonText, ListsOfPlainValuesStayOnOneLine) {
  const OrderedJson json = {{"b", {1, 2.5}}, {"a", {{"x", "y"}}}, {"empty", OrderedJson::array()}};
  EXPECT_EQ(JsonText(json),
            "{\n"
            "  \"b\": [1,2.5],\n"
            "  \"a\": {\n"
            "    \"x\": \"y\"\n"
            "  },\n"
            "  \"empty\": []\n"
            "}\n");
}

TEST(JsonText, IsReadBackExactly) {
  const OrderedJson json = {{"list", {{{"v", 0.1}}, {{"v", 1.0 / 3}}}}, {"quote\"", "<\n>"}};
  EXPECT_EQ(OrderedJson::parse(JsonText(json)), json);
}

TEST(JsonText, WhatIsNoNumberIsNull) {
  const OrderedJson json = {{"t", {1.0, std::numeric_limits<double>::quiet_NaN()}}};
  EXPECT_EQ(JsonText(json), "{\n  \"t\": [1.0,null]\n}\n");
}

}  // namespace
}  // namespace offramp
