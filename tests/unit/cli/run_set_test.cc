// Sets of simulations: what comes out, as data, depends on seeds and not on threads.
#include "offramp/cli/simulate/run_set.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/text.h"
#include "offramp/cli/simulate/simulation_json.h"
#include "offramp/cli/simulate/simulation_report.h"
#include "offramp/cli/simulate/simulation_table.h"
#include "tests/unit/cli/small_scenario.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

RunSetOptions Options() {
  RunSetOptions options;
  options.policies = {Policy::kRoundRobin, Policy::kPeakEwma};
  options.each.seconds = 20;
  return options;
}

RunSet RunAll(const RunSetOptions& options) {
  Result<RunSet> set = RunSimulations(SmallScenario(), options, nullptr, nullptr);
  EXPECT_TRUE(set.ok()) << set.status();
  return *std::move(set);
}

TEST(RunSetTest, OneSeedIsTheDocumentedObject) {
  const OrderedJson json = RunSetToJson(RunAll(Options()));
  EXPECT_EQ(json["seed"], 1);
  const OrderedJson& result = json["policies"]["round-robin"];
  EXPECT_EQ(result["tasks"]["generated"],
            result["tasks"]["finished"].get<int>() + result["tasks"]["lost"].get<int>());
  EXPECT_EQ(result["delay_s"]["mean_ci95"].size(), 2U);
  EXPECT_NEAR(result["exit_share"]["1"].get<double>() + result["exit_share"]["2"].get<double>(), 1,
              1e-9);
  EXPECT_EQ(result["utilisation"].size(), 4U);
  for (const char* key : {"t_s", "delay_s", "accuracy", "threshold"}) {
    EXPECT_EQ(result["series"][key].size(), result["series"]["t_s"].size()) << key;
  }
}

TEST(RunSetTest, ThreadsChangeNothing) {
  RunSetOptions options = Options();
  options.seeds = 3;
  options.sweep = ParseSweep("load=0.5:1:0.5").value();
  const RunSet alone = RunAll(options);
  options.threads = 4;
  const RunSet together = RunAll(options);
  EXPECT_EQ(RunSetToJson(alone).dump(), RunSetToJson(together).dump());
  const std::vector<std::string> rows = Split(RunSetCsv(alone), '\n');
  ASSERT_EQ(rows.size(), 1U + 2 * 3 * 2 + 1);
  EXPECT_THAT(rows[0], HasSubstr("load,seed,policy,generated,"));
  EXPECT_THAT(rows[1], HasSubstr("0.5,1,round-robin,"));
  for (std::size_t i = 1; i + 1 < rows.size(); ++i) {
    EXPECT_EQ(std::count(rows[i].begin(), rows[i].end(), ','),
              std::count(rows[0].begin(), rows[0].end(), ','));
  }
}

TEST(RunSetTest, PoliciesSeeTheSameArrivals) {
  const RunSet set = RunAll(Options());
  EXPECT_EQ(set.At(0, 0, 0)->generated, set.At(0, 0, 1)->generated);
  EXPECT_THAT(RunSetTable(set, false), HasSubstr("peak-ewma"));
}

TEST(RunSetTest, AnErrorEndsTheSet) {
  RunSetOptions options = Options();
  options.each.seconds = -1;
  EXPECT_EQ(RunSimulations(SmallScenario(), options, nullptr, nullptr).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(RunSetTest, AStopLeavesWhatWasDone) {
  RunSetOptions options = Options();
  const Result<RunSet> set = RunSimulations(SmallScenario(), options, nullptr, [] { return true; });
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(set->interrupted);
  EXPECT_TRUE(RunSetToJson(*set)["policies"].empty());
}

TEST(RunSetTest, TheReportHoldsItsDataAndMarksChanges) {
  Scenario scenario = SmallScenario();
  scenario.changes = {{5, NodeDownChange{2, true}}, {9, DeviceRateChange{0, 8}}};
  const RunSet set = RunSimulations(scenario, Options(), nullptr, nullptr).value();
  const SimulationReportFacts facts{.scenario_path = "</script>", .seconds = 20, .warmup_s = 2};
  const OrderedJson data = SimulationReportData(facts, set);
  EXPECT_EQ(data["events"][0]["label"], "a0 down");
  EXPECT_EQ(data["events"][1]["label"], "d0 8 tasks/s");
  EXPECT_EQ(data["figures"].size(), 2U);
  EXPECT_EQ(data["policies"][0]["topology"]["stages"].size(), 3U);
  const std::string html = SimulationReportHtml(facts, set);
  EXPECT_EQ(html.find("</script>\","), std::string::npos) << "data cannot end its element";
  EXPECT_EQ(html.find("src="), std::string::npos);
  EXPECT_EQ(html.find("href="), std::string::npos);
}

TEST(RunSetTest, IntervalsOverSeedsAreStudents) {
  const SeedStatistics statistics = OverSeeds({1, 2, 3});
  EXPECT_DOUBLE_EQ(statistics.mean, 2);
  EXPECT_NEAR(statistics.half_width, 4.303 / std::sqrt(3), 1e-9);
  EXPECT_EQ(OverSeeds({7}).half_width, 0);
}

}  // namespace
}  // namespace offramp
