#include "offramp/profiling/exit_figures.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/files/profile_file.h"
#include "offramp/files/scenario_file.h"

namespace offramp {
namespace {

// Three stages, the first and the last with an exit.
Bundle TwoExits() {
  Bundle bundle;
  bundle.outputs = {{.name = "y", .shape = {-1, 2}}};
  for (int h = 1; h <= 3; ++h) {
    BundleStage stage;
    stage.gflops = h;
    if (h != 2) stage.exit = "y";
    bundle.stages.push_back(stage);
  }
  return bundle;
}

// The last exit is always right, the first in 3 of 4 rows, by how much changes from row to row.
LogitPass Answers(std::int64_t rows, bool labelled) {
  Random random(3);
  LogitPass pass;
  pass.rows = rows;
  pass.exits.resize(3);
  pass.exits[0].classes = pass.exits[2].classes = 2;
  for (std::int64_t i = 0; i < rows; ++i) {
    const bool one = random.Chance(0.5);
    const auto sure = static_cast<float>(6 * random.Uniform());
    const bool right = random.Chance(0.75);
    pass.exits[0].values.insert(pass.exits[0].values.end(), {0, one == right ? sure : -sure});
    pass.exits[2].values.insert(pass.exits[2].values.end(), {0, one ? 5.0F : -5.0F});
    if (labelled) pass.labels.push_back(one ? 1 : 0);
  }
  return pass;
}

TEST(MeasureExits, TemperaturesComeFromOtherRowsThanTheProfile) {
  const auto report = MeasureExits(TwoExits(), Answers(4000, true), {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->fitted_rows, 2000);
  EXPECT_EQ(report->profiled_rows, 2000);
  ASSERT_EQ(report->exits.size(), 2U);
  const ExitFigures& first = report->exits[0];
  EXPECT_EQ(first.stage, 1);
  EXPECT_NEAR(first.accuracy, 0.75, 0.03);
  EXPECT_NEAR(first.agreement, 0.75, 0.03);
  EXPECT_GT(first.temperature, 1.2);  // it is too sure of itself
  EXPECT_LT(first.calibrated.error, first.raw.error);
  EXPECT_EQ(report->exits[1].accuracy, 1);
  EXPECT_LT(report->exits[1].temperature, 0.3);  // and this one is not sure enough
}

TEST(MeasureExits, WithoutLabelsTheLastStageStandsIn) {
  const auto report = MeasureExits(TwoExits(), Answers(1000, false), {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->labelled);
  EXPECT_TRUE(std::isnan(report->exits[0].accuracy));
  EXPECT_NEAR(report->exits[0].agreement, 0.75, 0.05);
  EXPECT_EQ(report->exits[1].temperature, 1);
  for (const float correct : report->profile->correct(3)) EXPECT_EQ(correct, 1);
}

TEST(MeasureExits, TheFileIsTheProfile) {
  const auto report = MeasureExits(TwoExits(), Answers(50, true), {.calibrate = false});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->profiled_rows, 50);
  EXPECT_EQ(report->exits[0].temperature, 1);
  const auto read =
      ParseExitProfile(ExitProfileText(*report->profile), "exits.csv", {true, false, true});
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ((*read)->rows(), 50U);
  for (std::size_t row = 0; row < 50; ++row) {
    EXPECT_NEAR((*read)->confidence(1)[row], report->profile->confidence(1)[row], 1e-6);
    EXPECT_EQ((*read)->correct(1)[row], report->profile->correct(1)[row]);
  }
}

TEST(MeasureExits, OneThresholdTradesWorkForAccuracy) {
  const auto report = MeasureExits(TwoExits(), Answers(1000, true), {.calibrate = false});
  const ExitThresholdPoint& low = report->points.front();
  EXPECT_NEAR(low.accuracy, 0.75, 0.05);
  EXPECT_NEAR(low.gflops, 1, 1e-9);  // everything leaves at stage 1
  const ExitThresholdPoint& never = report->points.back();
  EXPECT_NEAR(never.accuracy, 1, 1e-9);
  EXPECT_NEAR(never.gflops, 6, 1e-9);
  EXPECT_NEAR(never.leave[2], 1, 1e-9);
}

TEST(MeasureExits, ARowWithANaNNeverLeavesEarlyAndIsWrong) {
  LogitPass pass = Answers(8, true);
  pass.exits[0].values[0] = NAN;
  const auto report = MeasureExits(TwoExits(), pass, {.calibrate = false});
  EXPECT_EQ(report->bad_rows, 1);
  EXPECT_EQ(report->profile->confidence(1)[0], 0);
  EXPECT_EQ(report->profile->correct(1)[0], 0);
}

TEST(MeasureExits, SaysWhatDoesNotFit) {
  EXPECT_THAT(MeasureExits(TwoExits(), Answers(3, true), {}).status().message(),
              testing::HasSubstr("expected at least 4"));
  LogitPass pass = Answers(8, true);
  pass.labels[5] = 2;
  EXPECT_THAT(MeasureExits(TwoExits(), pass, {}).status().message(),
              testing::HasSubstr("row 5 has the label 2"));
}

}  // namespace
}  // namespace offramp
