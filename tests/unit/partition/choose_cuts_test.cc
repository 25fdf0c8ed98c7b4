#include <gtest/gtest.h>

#include "offramp/partition/cut_points.h"

namespace offramp {
namespace {

// Ten places to cut after 10, 20, ... of 110 FLOPs, each with this many bytes, 100 of weights a
// step.
std::vector<CutPoint> Points(const std::vector<std::int64_t>& bytes) {
  std::vector<CutPoint> points;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    points.push_back({.tensors = {static_cast<ValueId>(i)},
                      .bytes = bytes[i],
                      .flops_before = 10.0 * static_cast<double>(i + 1),
                      .weights_before = static_cast<std::int64_t>(100 * (i + 1))});
  }
  return points;
}

const std::vector<CutPoint> kEven = Points({9, 9, 9, 9, 9, 9, 9, 9, 9, 9});

std::vector<double> WorkBefore(const Result<std::vector<CutPoint>>& cuts) {
  std::vector<double> work;
  for (const CutPoint& cut : *cuts) work.push_back(cut.flops_before);
  return work;
}

TEST(ChooseCutsTest, TheMostEvenWork) {
  const auto halves = ChooseCuts(kEven, 2, 120, 1200, {});
  ASSERT_TRUE(halves.ok());
  EXPECT_EQ(WorkBefore(halves), std::vector<double>({60}));
  const auto quarters = ChooseCuts(kEven, 4, 120, 1200, {});
  ASSERT_TRUE(quarters.ok());
  EXPECT_EQ(WorkBefore(quarters), std::vector<double>({30, 60, 90}));
}

TEST(ChooseCutsTest, FewerBytesWithinTenPerCentOfTheMostEven) {
  // In the middle 60 of 120; 65 is 8 % more, 70 is 17 %.
  std::vector<CutPoint> points = Points({1, 1, 1, 1, 1, 100, 1, 1, 1, 1});
  points[6].flops_before = 65;
  const auto near = ChooseCuts(points, 2, 120, 1200, {});
  ASSERT_TRUE(near.ok());
  EXPECT_EQ(WorkBefore(near), std::vector<double>({65}));
  points[6].flops_before = 70;
  EXPECT_EQ(WorkBefore(ChooseCuts(points, 2, 120, 1200, {})), std::vector<double>({60}));
}

TEST(ChooseCutsTest, UnevenShares) {
  const auto cuts = ChooseCuts(kEven, 3, 120, 1200, {.balance = {1, 2, 1}});
  ASSERT_TRUE(cuts.ok());
  EXPECT_EQ(WorkBefore(cuts), std::vector<double>({30, 90}));
}

TEST(ChooseCutsTest, WeightsAndBytesKeepTheirLimits) {
  // Weights are heavy at the front: the even cut would give stage 1 more than it may hold.
  std::vector<CutPoint> points = kEven;
  for (CutPoint& point : points) point.weights_before += 500;
  const auto cuts = ChooseCuts(points, 2, 120, 1200, {.max_memory_bytes = 900});
  ASSERT_TRUE(cuts.ok());
  EXPECT_LE(cuts->front().weights_before, 900);
  EXPECT_LE(1200 - cuts->front().weights_before, 900);
  const auto narrow =
      ChooseCuts(Points({1, 9, 9, 9, 9, 9, 9, 9, 9, 9}), 2, 120, 1200, {.max_bytes = 5});
  ASSERT_TRUE(narrow.ok());
  EXPECT_EQ(WorkBefore(narrow), std::vector<double>({10}));
}

TEST(ChooseCutsTest, WhatCannotBeSaysWhy) {
  const auto few = ChooseCuts(Points({9}), 3, 120, 1200, {});
  ASSERT_EQ(few.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(few.status().message().find("1 places"), std::string::npos) << few.status().message();
  const auto heavy = ChooseCuts(kEven, 2, 120, 1200, {.max_memory_bytes = 300});
  ASSERT_EQ(heavy.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(heavy.status().message().find("300 bytes"), std::string::npos);
}

}  // namespace
}  // namespace offramp
