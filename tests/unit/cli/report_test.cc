#include "offramp/cli/demo/report.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(ReportHtml, DataCannotLeaveItsScriptElement) {
  const nlohmann::ordered_json data = {{"fleet", "</script><script>alert(1)</script>"},
                                       {"comment", "<!-- & -->"}};
  const std::string html = ReportHtml(data);
  EXPECT_EQ(html.find("alert(1)</script>"), std::string::npos);
  EXPECT_EQ(html.find("<!--"), std::string::npos);
  EXPECT_NE(html.find("\\u003c/script\\u003e"), std::string::npos);
}

TEST(ReportHtml, EscapedDataReadsBackTheSame) {
  const nlohmann::ordered_json data = {{"a", "<b>&\"\\"}, {"n", {1, 2.5, nullptr}}};
  EXPECT_EQ(nlohmann::ordered_json::parse(ScriptSafeJson(data)), data);
}

TEST(ReportHtml, BrokenTextIsReplacedAndNotThrown) {
  const nlohmann::ordered_json data = {{"a", std::string("\xff\xfe")}};
  EXPECT_FALSE(ScriptSafeJson(data).empty());
}

TEST(ReportHtml, NeedsNothingFromOutside) {
  const std::string html = ReportHtml({{"a", 1}});
  for (const char* outside : {"src=", "href=", "@import", "url("}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
}

TEST(ReportData, HasSeriesTableAndParts) {
  DemoScenario scenario;
  scenario.seconds = 4;
  scenario.parts = {{"quiet", 1, 4}};
  scenario.events = {{2, DemoEvent::Kind::kKill, "n killed"}};
  Fleet fleet;
  fleet.gateways.push_back({.name = "gw0"});
  FleetNode node;
  node.name = "n";
  node.stage = 1;
  fleet.nodes = {node};
  DemoRun run;
  run.policy = "dto-ee";
  LoadRecord record;
  record.due_s = 1.2;
  record.delay_s = 0.05;
  record.correct = 1;
  record.outcome = LoadOutcome::kAnswered;
  run.records = {record};
  PartSample sample;
  sample.t_s = 1;
  sample.name = "gw0";
  sample.shares = {{"n", 1.0}};
  run.samples = {sample};

  const auto data = ReportData({}, scenario, fleet, {run}, DemoCells(scenario, {run}));
  const auto& policy = data["policies"][0];
  ASSERT_EQ(policy["series"]["t"].size(), 8u);  // every half second
  EXPECT_TRUE(policy["series"]["mean_ms"][0].is_null());
  EXPECT_EQ(policy["series"]["mean_ms"][2], 50.0);  // around 1.25 s
  EXPECT_EQ(policy["series"]["accuracy"][2], 1.0);
  ASSERT_EQ(policy["parts"].size(), 1u);  // only what was seen
  EXPECT_EQ(policy["parts"][0]["shares"]["n"][0], 1.0);
  EXPECT_TRUE(policy["parts"][0]["threshold"][0].is_null());
  EXPECT_EQ(data["table"].size(), 2u);
  EXPECT_EQ(data["events"][0]["label"], "n killed");
}

}  // namespace
}  // namespace offramp
