#include "offramp/engine/batcher.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;

constexpr double kNever = std::numeric_limits<double>::infinity();

Tensor Bytes(const std::string& name, std::vector<std::int64_t> shape, const std::string& text) {
  return {.name = name,
          .datatype = DataType::kUint8,
          .shape = std::move(shape),
          .data = Buffer::CopyOf(text)};
}

class BatcherTest : public ::testing::Test {
 protected:
  // A queue of parcels of these rows, the first of which came at 10 s, each 1 ms after the last.
  std::vector<BatchCandidate> Queue(const std::vector<std::int64_t>& rows) const {
    std::vector<BatchCandidate> queue;
    for (const std::int64_t count : rows) {
      const double arrived_s = 10 + 0.001 * static_cast<double>(queue.size());
      queue.push_back({.rows = count, .arrived_s = arrived_s, .tensors = &small_});
    }
    return queue;
  }

  const std::vector<Tensor> small_ = {Bytes("x", {1, 2}, "ab")};
  const std::vector<Tensor> large_ = {Bytes("x", {1, 3}, "abc")};
};

TEST_F(BatcherTest, NothingWaitsForNothing) {
  const BatchChoice choice = ChooseBatch({}, {}, 10);
  EXPECT_EQ(choice.count, 0u);
  EXPECT_EQ(choice.wake_s, kNever);
}

TEST_F(BatcherTest, TheDefaultRunsOneParcelAtOnce) {
  EXPECT_EQ(ChooseBatch(Queue({1, 1, 1}), {}, 10).count, 1u);
}

TEST_F(BatcherTest, ParcelsJoinUpToTheLimit) {
  const BatchLimits limits{.max_batch_size = 4};
  EXPECT_EQ(ChooseBatch(Queue({1, 1, 1, 1, 1}), limits, 10).count, 4u);
  EXPECT_EQ(ChooseBatch(Queue({1, 2}), limits, 10).count, 2u);
  EXPECT_EQ(ChooseBatch(Queue({3, 2, 1}), limits, 10).count, 1u) << "nobody overtakes";
  EXPECT_EQ(ChooseBatch(Queue({2, 2, 1}), limits, 10).count, 2u);
}

TEST_F(BatcherTest, AParcelIsNeverSplit) {
  const BatchLimits limits{.max_batch_size = 4, .max_queue_delay_s = 1};
  EXPECT_EQ(ChooseBatch(Queue({9, 1}), limits, 10).count, 1u);
  EXPECT_EQ(ChooseBatch(Queue({9}), limits, 10).count, 1u) << "it can grow no further";
}

TEST_F(BatcherTest, TheOldestWaitsItsDelayAndNoLonger) {
  const BatchLimits limits{.max_batch_size = 4, .max_queue_delay_s = 0.5};
  const BatchChoice early = ChooseBatch(Queue({1, 1}), limits, 10.2);
  EXPECT_EQ(early.count, 0u);
  EXPECT_DOUBLE_EQ(early.wake_s, 10.5);
  EXPECT_EQ(ChooseBatch(Queue({1, 1}), limits, 10.5).count, 2u);
  EXPECT_EQ(ChooseBatch(Queue({1, 1, 1, 1}), limits, 10.2).count, 4u) << "full";
  EXPECT_EQ(ChooseBatch(Queue({1, 4}), limits, 10.2).count, 1u) << "the next does not fit";
}

TEST_F(BatcherTest, OnlyEqualRowShapesJoin) {
  const BatchLimits limits{.max_batch_size = 8, .max_queue_delay_s = 1};
  std::vector<BatchCandidate> queue = Queue({1, 1, 1});
  queue[1].tensors = &large_;
  EXPECT_EQ(ChooseBatch(queue, limits, 10).count, 1u) << "another shape stands next";
}

TEST_F(BatcherTest, RowShapesAreNamesTypesAndExtents) {
  const std::vector<Tensor> a = {Bytes("x", {1, 2}, "ab")};
  EXPECT_TRUE(SameRowShapes(a, {Bytes("x", {5, 2}, "0123456789")}));
  EXPECT_FALSE(SameRowShapes(a, {Bytes("y", {1, 2}, "ab")}));
  EXPECT_FALSE(SameRowShapes(a, {Bytes("x", {1, 2, 1}, "ab")}));
  EXPECT_FALSE(SameRowShapes(a, {}));
  std::vector<Tensor> other = a;
  other[0].datatype = DataType::kInt8;
  EXPECT_FALSE(SameRowShapes(a, other));
  other[0].shape.clear();
  EXPECT_FALSE(SameRowShapes(other, other)) << "no batch axis to join along";
}

TEST_F(BatcherTest, JoinedAndSplitAgainParcelsAreWhatTheyWere) {
  const std::vector<Tensor> a = {Bytes("x", {2, 2}, "abcd"), Bytes("y", {2, 1}, "pq")};
  const std::vector<Tensor> b = {Bytes("x", {1, 2}, "ef"), Bytes("y", {1, 1}, "r")};
  const std::vector<Tensor> joined = JoinInputs({&a, &b});
  ASSERT_EQ(joined.size(), 2u);
  EXPECT_EQ(joined[0].data.text(), "abcdef");
  EXPECT_THAT(joined[0].shape, ElementsAre(3, 2));
  EXPECT_EQ(joined[1].data.text(), "pqr");
  const auto parcels = SplitOutputs(joined, {2, 1});
  ASSERT_EQ(parcels.size(), 2u);
  EXPECT_EQ(parcels[0][0].data.text(), "abcd");
  EXPECT_EQ(parcels[0][1].data.text(), "pq");
  EXPECT_EQ(parcels[1][0].data.text(), "ef");
  EXPECT_THAT(parcels[1][0].shape, ElementsAre(1, 2));
  EXPECT_EQ(parcels[1][0].data.data(), joined[0].data.data() + 4) << "bytes are shared";
}

TEST_F(BatcherTest, ASingleParcelIsNotCopied) {
  const std::vector<Tensor> joined = JoinInputs({&small_});
  EXPECT_EQ(joined[0].data.data(), small_[0].data.data());
  EXPECT_EQ(SplitOutputs(joined, {1})[0][0].data.data(), small_[0].data.data());
}

}  // namespace
}  // namespace offramp
