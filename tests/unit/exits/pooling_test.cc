#include "offramp/exits/pooling.h"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace offramp {
namespace {

Tensor FloatTensor(const std::string& name, std::vector<std::int64_t> shape,
                   const std::vector<float>& values) {
  MutableBuffer bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return {.name = name, .shape = std::move(shape), .data = std::move(bytes).Freeze()};
}

template <typename T>
Tensor Of(DataType datatype, const std::string& name, std::vector<std::int64_t> shape,
          const std::vector<T>& values) {
  MutableBuffer bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return {.name = name,
          .datatype = datatype,
          .shape = std::move(shape),
          .data = std::move(bytes).Freeze()};
}

std::vector<float> Pooled(const ExitInputs& inputs, const ExitPool& pool,
                          const std::vector<Tensor>& tensors) {
  const auto runner = LoadPooling(inputs, {pool});
  EXPECT_TRUE(runner.ok()) << runner.status();
  if (!runner.ok()) return {};
  const auto found = (*runner)->Run(tensors, {PoolName(pool)});
  EXPECT_TRUE(found.ok()) << found.status();
  if (!found.ok()) return {};
  const Tensor& features = *found->front();
  EXPECT_EQ(features.shape,
            (std::vector<std::int64_t>{tensors.front().rows(), FeatureCount(inputs, pool)}));
  std::vector<float> values(features.data.size() / sizeof(float));
  std::memcpy(values.data(), features.data.data(), features.data.size());
  return values;
}

const ExitPool kMean{};
const ExitPool kFirst{.kind = ExitPool::Kind::kFirst};
const ExitPool kGrid2{.kind = ExitPool::Kind::kGrid, .grid = 2};

TEST(Pooling, OfSpaceIsTheMeanOverIt) {
  const ExitInputs inputs{.sources = {{.tensor = "x", .shape = {2, 2, 2}, .fixed = true}}};
  const Tensor x = FloatTensor("x", {1, 2, 2, 2}, {1, 2, 3, 4, 10, 20, 30, 40});
  EXPECT_EQ(Pooled(inputs, kMean, {x}), (std::vector<float>{2.5F, 25}));
  EXPECT_EQ(PoolFlops(inputs, kMean), 8);
}

TEST(Pooling, ByAGridKeepsWhereThingsAre) {
  // Three rows and columns in two windows each: 2 wide, the middle in both.
  const ExitInputs inputs{.sources = {{.tensor = "x", .shape = {1, 3, 3}, .fixed = true}}};
  const Tensor x = FloatTensor("x", {1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(Pooled(inputs, kGrid2, {x}), (std::vector<float>{3, 4, 6, 7}));
  EXPECT_EQ(PoolFlops(inputs, kGrid2), 16);
}

TEST(Pooling, OfTokensIsTheirMeanOrTheFirst) {
  const ExitInputs inputs{.sources = {{.tensor = "x", .shape = {3, 2}, .channels_first = false}}};
  const Tensor x = FloatTensor("x", {2, 3, 2}, {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60});
  EXPECT_EQ(Pooled(inputs, kMean, {x}), (std::vector<float>{3, 4, 30, 40}));
  EXPECT_EQ(Pooled(inputs, kFirst, {x}), (std::vector<float>{1, 2, 10, 20}));
  EXPECT_EQ(PoolsFor(inputs), (std::vector<ExitPool>{kFirst, kMean}));
}

TEST(Pooling, LeavesOutTokensThatTheMaskDoes) {
  const ExitInputs inputs{.sources = {{.tensor = "x", .shape = {3, 2}, .channels_first = false}},
                          .mask = "mask"};
  const Tensor x = FloatTensor("x", {2, 3, 2}, {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60});
  // The second row has no token at all: zeros, no division by zero.
  const auto mask = Of<std::int64_t>(DataType::kInt64, "mask", {2, 3}, {1, 1, 0, 0, 0, 0});
  EXPECT_EQ(Pooled(inputs, kMean, {x, mask}), (std::vector<float>{2, 3, 0, 0}));
}

TEST(Pooling, ReadsHalvesAndJoinsSeveralTensors) {
  const ExitInputs inputs{.sources = {{.tensor = "h", .datatype = DataType::kFp16, .shape = {2}},
                                      {.tensor = "c", .shape = {1, 3}}}};
  const auto h = Of<std::uint16_t>(DataType::kFp16, "h", {1, 2}, {0x3c00, 0xc000});  // 1, -2
  const Tensor c = FloatTensor("c", {1, 1, 3}, {3, 4, 8});  // channels first
  EXPECT_EQ(Pooled(inputs, kMean, {h, c}), (std::vector<float>{1, -2, 5}));
  EXPECT_EQ(PoolsFor(inputs), (std::vector<ExitPool>{kMean}));
}

TEST(Pooling, OffersGridsOnlyOverFixedExtents) {
  ExitInputs inputs{.sources = {{.tensor = "x", .shape = {8, 14, 14}, .fixed = true}}};
  EXPECT_EQ(PoolsFor(inputs).size(), 4U);
  EXPECT_EQ(FeatureCount(inputs, PoolsFor(inputs).back()), 8 * 49);
  inputs.sources[0].fixed = false;
  EXPECT_EQ(PoolsFor(inputs).size(), 1U);
}

}  // namespace
}  // namespace offramp
