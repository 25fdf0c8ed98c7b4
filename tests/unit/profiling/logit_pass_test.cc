#include "offramp/profiling/logit_pass.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/bundle_file.h"
#include "offramp/profiling/stage_runner.h"
#include "tests/unit/profiling/memory_data.h"

namespace offramp {
namespace {

class LogitPassTest : public testing::Test {
 protected:
  LogitPassTest() { std::filesystem::remove(file_); }
  ~LogitPassTest() override { std::filesystem::remove(file_); }

  const Bundle bundle_ = ReadBundle("tests/data/tiny").value();
  const std::string file_ = testing::TempDir() + "/logit_pass.partial";
};

TEST_F(LogitPassTest, PiecesAndThreadsChangeNothing) {
  MemoryData data(53, true);
  const auto whole = RunLogitPass(bundle_, data, {.piece_rows = 53});
  ASSERT_TRUE(whole.ok()) << whole.status();
  const auto pieces = RunLogitPass(bundle_, data, {.piece_rows = 4, .threads = 3});
  ASSERT_TRUE(pieces.ok()) << pieces.status();
  ASSERT_EQ(pieces->exits.size(), 3U);
  EXPECT_EQ(pieces->labels, whole->labels);
  for (std::size_t h = 0; h < 3; ++h) {
    EXPECT_EQ(pieces->exits[h].rows(), 53);
    EXPECT_THAT(pieces->exits[h].values,
                testing::Pointwise(testing::FloatNear(1e-5F), whole->exits[h].values));
  }
}

TEST_F(LogitPassTest, FewerRowsAreSpreadOverAll) {
  MemoryData data(100, true);
  const auto all = RunLogitPass(bundle_, data, {});
  const auto some = RunLogitPass(bundle_, data, {.rows = 10});
  ASSERT_TRUE(some.ok()) << some.status();
  EXPECT_EQ(some->rows, 10);
  for (std::int64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(some->labels[static_cast<std::size_t>(i)], 10 * i % 4);
    EXPECT_THAT(some->exits[2].row(i)[0], testing::FloatNear(all->exits[2].row(10 * i)[0], 1e-5F));
  }
}

TEST_F(LogitPassTest, GoesOnWhereItWasStopped) {
  MemoryData data(40, true);
  const auto whole = RunLogitPass(bundle_, data, {.piece_rows = 4});
  int asked = 0;
  LogitPassOptions options{.piece_rows = 4, .progress_file = file_, .identity = "tiny"};
  options.stop = [&asked] { return ++asked > 6; };
  EXPECT_EQ(RunLogitPass(bundle_, data, options).status().code(), StatusCode::kCancelled);
  options.stop = nullptr;
  const std::int64_t before = data.reads();
  const auto second = RunLogitPass(bundle_, data, options);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->resumed_rows, 24);
  EXPECT_EQ(data.reads() - before, 16);
  EXPECT_EQ(second->labels, whole->labels);
  EXPECT_EQ(second->exits[2].values, whole->exits[2].values);
  options.identity = "other data";
  EXPECT_EQ(RunLogitPass(bundle_, data, options)->resumed_rows, 0);
}

TEST_F(LogitPassTest, WhatIsSentIsKeptWhereWanted) {
  MemoryData data(3, false);
  const auto runner = StageRunner::Load(bundle_, {.keep_sent = true});
  ASSERT_TRUE(runner.ok()) << runner.status();
  const auto trace = (*runner)->Run(data.Read(0, 3)->inputs);
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_EQ(trace->sent.size(), 3U);
  EXPECT_EQ(trace->sent[0][0].name, bundle_.stage(1).sends[0]);
  EXPECT_EQ(trace->sent[0][0].rows(), 3);
  EXPECT_TRUE(trace->sent[2].empty());
  EXPECT_TRUE(trace->exits[2].has_value());
}

}  // namespace
}  // namespace offramp
