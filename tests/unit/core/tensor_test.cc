#include "offramp/core/tensor.h"

#include <cstring>
#include <numeric>

#include <gtest/gtest.h>

namespace offramp {
namespace {

// Row r holds r*10, r*10+1, ...
Tensor Rows(std::int64_t rows, std::int64_t columns) {
  std::vector<std::int32_t> values;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      values.push_back(static_cast<std::int32_t>(r * 10 + c));
    }
  }
  return {.name = "x",
          .datatype = DataType::kInt32,
          .shape = {rows, columns},
          .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

std::vector<std::int32_t> Values(const Tensor& tensor) {
  std::vector<std::int32_t> values(tensor.data.size() / sizeof(std::int32_t));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST(DataTypeTest, NamesRoundTrip) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto type = static_cast<DataType>(i);
    EXPECT_EQ(ParseDataType(DataTypeName(type)), type) << DataTypeName(type);
  }
  EXPECT_FALSE(ParseDataType("fp32").has_value());
  EXPECT_FALSE(ParseDataType("").has_value());
}

TEST(DataTypeTest, ElementBytes) {
  EXPECT_EQ(ElementBytes(DataType::kBool), 1);
  EXPECT_EQ(ElementBytes(DataType::kBf16), 2);
  EXPECT_EQ(ElementBytes(DataType::kFp32), 4);
  EXPECT_EQ(ElementBytes(DataType::kInt64), 8);
  EXPECT_EQ(ElementBytes(DataType::kBytes), 0);
}

TEST(ElementCountTest, ProductOfTheShape) {
  EXPECT_EQ(ElementCount({}), 1);
  EXPECT_EQ(ElementCount({2, 3, 4}), 24);
  EXPECT_EQ(ElementCount({2, 0, 4}), 0);
}

TEST(ElementCountTest, RefusesNegativeAndHugeShapes) {
  EXPECT_FALSE(ElementCount({-1}).has_value());
  EXPECT_FALSE(ElementCount({2, -3}).has_value());
  EXPECT_FALSE(ElementCount({std::int64_t{1} << 41}).has_value());
  EXPECT_FALSE(ElementCount({std::int64_t{1} << 32, std::int64_t{1} << 32}).has_value());
  EXPECT_EQ(ElementCount({std::int64_t{1} << 40}), std::int64_t{1} << 40);
}

TEST(SliceRowsTest, SharesBytes) {
  const Tensor tensor = Rows(4, 3);
  const Tensor slice = SliceRows(tensor, 1, 2);
  EXPECT_EQ(slice.name, "x");
  EXPECT_EQ(slice.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(Values(slice), (std::vector<std::int32_t>{10, 11, 12, 20, 21, 22}));
  EXPECT_EQ(slice.data.data(), tensor.data.data() + 12);
}

TEST(SliceRowsTest, NoRows) {
  const Tensor slice = SliceRows(Rows(4, 3), 4, 0);
  EXPECT_EQ(slice.shape, (std::vector<std::int64_t>{0, 3}));
  EXPECT_TRUE(slice.data.empty());
}

TEST(SliceRowsDeathTest, BoundsAreChecked) {
  EXPECT_DEATH(SliceRows(Rows(2, 2), 1, 2), "out of bounds");
  EXPECT_DEATH(SliceRows(Rows(2, 2), -1, 1), "out of bounds");
}

TEST(GatherRowsTest, ARunSharesBytes) {
  const Tensor tensor = Rows(5, 2);
  const Tensor gathered = GatherRows(tensor, {2, 3, 4});
  EXPECT_EQ(gathered.data.data(), tensor.data.data() + 16);
  EXPECT_EQ(Values(gathered), (std::vector<std::int32_t>{20, 21, 30, 31, 40, 41}));
}

TEST(GatherRowsTest, AnyOrderWithRepeats) {
  const Tensor gathered = GatherRows(Rows(4, 2), {3, 0, 3});
  EXPECT_EQ(gathered.shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(Values(gathered), (std::vector<std::int32_t>{30, 31, 0, 1, 30, 31}));
}

TEST(GatherRowsTest, NoneAtAll) { EXPECT_EQ(GatherRows(Rows(4, 2), {}).rows(), 0); }

TEST(GatherRowsDeathTest, BoundsAreChecked) {
  EXPECT_DEATH(GatherRows(Rows(2, 2), {1, 3}), "out of bounds");
}

TEST(ConcatRowsTest, JoinsInOrder) {
  const Tensor a = Rows(2, 2);
  const Tensor b = SliceRows(Rows(4, 2), 3, 1);
  const Tensor joined = ConcatRows({&b, &a});
  EXPECT_EQ(joined.shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(Values(joined), (std::vector<std::int32_t>{30, 31, 0, 1, 10, 11}));
}

TEST(ConcatRowsTest, OnePartIsShared) {
  const Tensor a = Rows(2, 2);
  EXPECT_EQ(ConcatRows({&a}).data.data(), a.data.data());
}

TEST(ConcatRowsTest, UndoesGather) {
  const Tensor tensor = Rows(6, 3);
  std::vector<Tensor> rows;
  for (std::int64_t r = 0; r < 6; ++r) rows.push_back(GatherRows(tensor, {r}));
  std::vector<const Tensor*> parts;
  for (const Tensor& row : rows) parts.push_back(&row);
  EXPECT_EQ(Values(ConcatRows(parts)), Values(tensor));
}

TEST(ConcatRowsTest, EmptyParts) {
  const Tensor none = SliceRows(Rows(1, 2), 0, 0);
  const Tensor joined = ConcatRows({&none, &none});
  EXPECT_EQ(joined.rows(), 0);
  EXPECT_TRUE(joined.data.empty());
}

}  // namespace
}  // namespace offramp
