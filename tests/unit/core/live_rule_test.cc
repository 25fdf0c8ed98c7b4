#include "offramp/core/live_rule.h"

#include <set>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(LiveRuleTest, EveryIngredientHasANameThatSwitchesItOffAlone) {
  const std::vector<std::string> names = IngredientNames();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (const std::string& name : names) {
    LiveRule rule;
    EXPECT_TRUE(SwitchOff(name, rule));
    const int on = rule.externality + rule.deficits + rule.unseen + rule.reports +
                   rule.queue_aware_exits + rule.measured_congestion + rule.visit_cap +
                   rule.load_cap;
    EXPECT_EQ(on, static_cast<int>(names.size()) - 1) << name;
  }
  LiveRule rule;
  EXPECT_FALSE(SwitchOff("everything", rule));
  EXPECT_EQ(rule, LiveRule{});
}

}  // namespace
}  // namespace offramp
