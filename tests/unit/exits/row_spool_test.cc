#include "offramp/exits/row_spool.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace offramp {
namespace {

class RowSpools : public testing::TestWithParam<bool> {};

TEST_P(RowSpools, GiveBackWhatWasAppended) {
  Result<RowSpool> spool = RowSpool::Create(3, GetParam());
  ASSERT_TRUE(spool.ok()) << spool.status();
  std::vector<float> values(3 * 100);
  std::iota(values.begin(), values.end(), 0.5F);
  ASSERT_TRUE(spool->Append({values.data(), 3 * 70}).ok());
  ASSERT_TRUE(spool->Append({values.data() + 3 * 70, 3 * 30}).ok());
  EXPECT_EQ(spool->rows(), 100);
  std::vector<float> read(3 * 20);
  ASSERT_TRUE(spool->Read(60, read).ok());
  EXPECT_EQ(read, std::vector<float>(values.begin() + 180, values.begin() + 240));
}

TEST_P(RowSpools, MoveWithTheirRows) {
  Result<RowSpool> made = RowSpool::Create(1, GetParam());
  ASSERT_TRUE(made.ok());
  RowSpool spool = *std::move(made);
  const float value = 7;
  ASSERT_TRUE(spool.Append({&value, 1}).ok());
  RowSpool moved = std::move(spool);
  std::vector<float> read(1);
  ASSERT_TRUE(moved.Read(0, read).ok());
  EXPECT_EQ(read[0], 7);
}

INSTANTIATE_TEST_SUITE_P(InMemoryAndNot, RowSpools, testing::Bool());

TEST(RowSpool, SaysWhenThereIsNoRoomForATemporaryFile) {
  ::setenv("TMPDIR", "/nowhere", 1);
  const Result<RowSpool> spool = RowSpool::Create(3, false);
  ::unsetenv("TMPDIR");
  ASSERT_FALSE(spool.ok());
  EXPECT_EQ(spool.status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace offramp
