#include "offramp/exits/row_plan.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

namespace offramp {
namespace {

// Row r holds the number r, and where `ragged` as many of them as r / 10 + 1.
class Counting final : public DataSet {
 public:
  explicit Counting(bool ragged = false) : ragged_(ragged) {}

  std::int64_t rows() const override { return 100; }
  bool labelled() const override { return true; }
  Result<DataRows> Read(std::int64_t first, std::int64_t count) override {
    ++reads;
    const std::int64_t width = ragged_ ? first / 10 + 1 : 1;
    MutableBuffer bytes(static_cast<std::size_t>(count * width) * sizeof(float));
    DataRows read;
    for (std::int64_t r = 0; r < count; ++r) {
      const auto value = static_cast<float>(first + r);
      for (std::int64_t i = 0; i < width; ++i) {
        std::memcpy(bytes.data() + static_cast<std::size_t>(r * width + i) * sizeof(float), &value,
                    sizeof(float));
      }
      read.labels.push_back(static_cast<std::int32_t>(first + r));
    }
    read.inputs.push_back(
        {.name = "x", .shape = {count, width}, .data = std::move(bytes).Freeze()});
    return read;
  }

  int reads = 0;

 private:
  const bool ragged_;
};

TEST(PlanRows, SharesAllRowsOut) {
  const RowPlan plan = PlanRows(1000, 0, 0.2, 1);
  EXPECT_EQ(plan.rows.size(), 1000U);
  EXPECT_EQ(std::count(plan.purpose.begin(), plan.purpose.end(), 2), 200);
  EXPECT_EQ(std::count(plan.purpose.begin(), plan.purpose.end(), 1), 160);
}

TEST(PlanRows, DrawsFromTheWholeOfTheDataAndTheSameAgain) {
  const RowPlan plan = PlanRows(100'000, 1000, 0.5, 7);
  EXPECT_EQ(plan.rows.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(plan.rows.begin(), plan.rows.end()));
  EXPECT_EQ(std::set<std::int64_t>(plan.rows.begin(), plan.rows.end()).size(), 1000U);
  const auto early = std::count_if(plan.rows.begin(), plan.rows.end(),
                                   [](std::int64_t row) { return row < 50'000; });
  EXPECT_NEAR(static_cast<double>(early), 500, 60);
  EXPECT_EQ(PlanRows(100'000, 1000, 0.5, 7).purpose, plan.purpose);
  EXPECT_NE(PlanRows(100'000, 1000, 0.5, 8).rows, plan.rows);
}

TEST(ReadChosen, ReadsNeighboursTogetherAndInOrder) {
  Counting data;
  const auto pieces = ReadChosen(data, {3, 4, 6, 50, 99});
  ASSERT_TRUE(pieces.ok());
  EXPECT_EQ(data.reads, 3);
  ASSERT_EQ(pieces->size(), 1U);
  EXPECT_EQ(pieces->front().labels, (std::vector<std::int32_t>{3, 4, 6, 50, 99}));
  EXPECT_EQ(pieces->front().inputs[0].shape, (std::vector<std::int64_t>{5, 1}));
}

TEST(ReadChosen, KeepsRowsOfOtherShapesApart) {
  Counting data(true);
  const auto pieces = ReadChosen(data, {3, 5, 15, 95, 99});
  ASSERT_TRUE(pieces.ok());
  ASSERT_EQ(pieces->size(), 3U);
  EXPECT_EQ((*pieces)[0].labels, (std::vector<std::int32_t>{3, 5}));
  EXPECT_EQ((*pieces)[2].inputs[0].shape, (std::vector<std::int64_t>{2, 10}));
}

}  // namespace
}  // namespace offramp
