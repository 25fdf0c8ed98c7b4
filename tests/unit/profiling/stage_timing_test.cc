#include "offramp/profiling/stage_timing.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/bundle_file.h"
#include "offramp/profiling/profiled_bundle.h"
#include "tests/unit/profiling/memory_data.h"

namespace offramp {
namespace {

TEST(TimeStages, EveryStageAtEveryBatchSize) {
  const Bundle bundle = ReadBundle("tests/data/tiny").value();
  MemoryData data(5, false);
  const auto report = TimeStages(bundle, data, {.batches = {3}, .seconds = 0, .fewest_calls = 16});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->stages.size(), 3U);
  for (std::size_t s = 0; s < 3; ++s) {
    const StageTiming& stage = report->stages[s];
    ASSERT_EQ(stage.batches.size(), 2U);
    EXPECT_EQ(stage.batches[0].batch, 1);
    EXPECT_EQ(stage.batches[1].batch, 3);
    EXPECT_GE(stage.batches[0].calls, 16);
    EXPECT_GT(stage.batches[0].gflops_per_s, 0);
    EXPECT_EQ(stage.output_bytes, bundle.stages[s].output_bytes);
  }
  EXPECT_TRUE(report->histogram.has_value());
}

TEST(TimeStages, StopsWhenAsked) {
  const Bundle bundle = ReadBundle("tests/data/tiny").value();
  MemoryData data(5, false);
  const auto report = TimeStages(bundle, data, {.stop = [] { return true; }});
  EXPECT_EQ(report.status().code(), StatusCode::kCancelled);
}

TEST(HistogramOf, KeepsTheSpreadOfTheTimes) {
  std::vector<double> ratios;
  for (int i = 0; i < 320; ++i) ratios.push_back(0.5 + i / 320.0);  // uniform: scv 1 / 12
  const auto histogram = HistogramOf(ratios);
  ASSERT_TRUE(histogram.has_value());
  EXPECT_NEAR(histogram->scv(), 1.0 / 12, 0.005);
  EXPECT_FALSE(HistogramOf({1, 1}).has_value());
}

class ProfiledBundle : public testing::Test {
 protected:
  ProfiledBundle() {
    std::filesystem::remove_all(folder_);
    std::filesystem::copy("tests/data/tiny", folder_);
  }
  ~ProfiledBundle() override { std::filesystem::remove_all(folder_); }

  ExitReport Exits() const {
    ExitReport report;
    report.exits = {{.stage = 1, .temperature = 1.25}, {.stage = 3, .temperature = 0.9}};
    report.profile =
        std::make_shared<ExitProfile>(std::vector<std::vector<float>>{{0.5F}, {0.6F}, {}},
                                      std::vector<std::vector<float>>{{1}, {0}, {1}});
    return report;
  }

  TimingReport Timing() const {
    TimingReport report;
    report.stages.resize(3);
    for (StageTiming& stage : report.stages) {
      stage.batches = {{.batch = 1, .gflops_per_s = 2.5}};
      stage.peak_memory_bytes = 4096;
    }
    return report;
  }

  const std::string folder_ = testing::TempDir() + "/profiled";
};

TEST_F(ProfiledBundle, HoldsWhatWasMeasuredAndKeepsTheRest) {
  const Bundle before = ReadBundle(folder_).value();
  const TimingReport timing = Timing();
  ASSERT_TRUE(WriteProfiledBundle(before, Exits(), &timing, "").ok());
  const auto after = ReadBundle(folder_);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_TRUE(CheckBundleFiles(*after).ok());
  EXPECT_EQ(after->stage(1).temperature, 1.25);
  EXPECT_EQ(after->stage(2).temperature, before.stage(2).temperature);
  EXPECT_EQ(after->stage(3).temperature, 0.9);
  EXPECT_EQ(after->stage(2).gflops_per_s, 2.5);
  EXPECT_EQ(after->stage(2).memory_bytes, 4096);
  EXPECT_EQ(after->stage(2).output_bytes, before.stage(2).output_bytes);
  EXPECT_EQ(after->labels, before.labels);
  EXPECT_EQ(after->profile->rows(), 1U);
}

TEST_F(ProfiledBundle, ACopyLeavesTheBundleAlone) {
  const Bundle before = ReadBundle(folder_).value();
  const std::string copy = folder_ + "-copy";
  std::filesystem::remove_all(copy);
  ASSERT_TRUE(WriteProfiledBundle(before, Exits(), nullptr, copy).ok());
  EXPECT_EQ(ReadBundle(folder_)->digest, before.digest);
  EXPECT_EQ(ReadBundle(copy)->stage(1).temperature, 1.25);
  EXPECT_EQ(ReadBundle(copy)->stage(1).gflops_per_s, 0);
  EXPECT_FALSE(WriteProfiledBundle(before, Exits(), nullptr, copy).ok());
  std::filesystem::remove_all(copy);
}

TEST_F(ProfiledBundle, ABundleThatChangedMeanwhileStays) {
  const Bundle before = ReadBundle(folder_).value();
  std::ofstream(folder_ + "/bundle.yaml", std::ios::app) << "# edited\n";
  EXPECT_EQ(WriteProfiledBundle(before, Exits(), nullptr, "").code(),
            StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace offramp
