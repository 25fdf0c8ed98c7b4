#include "offramp/partition/whole_model.h"

#include <cstring>

#include <gtest/gtest.h>

#include "tests/unit/partition/test_graphs.h"

namespace offramp {
namespace {

constexpr int kLayers = 5;
constexpr WholeModelLimits kOneNodeAtATime = {.whole = 0, .piece = 1};

Tensor Input() {
  const std::vector<float> numbers = {1, 2, 3, 4, -1, 0.5F, 0, 2};
  MutableBuffer buffer(numbers.size() * sizeof(float));
  std::memcpy(buffer.data(), numbers.data(), buffer.size());
  return {.name = "x", .shape = {2, 4}, .data = std::move(buffer).Freeze()};
}

std::string BytesOf(const std::optional<Tensor>& tensor) {
  return {reinterpret_cast<const char*>(tensor->data.data()), tensor->data.size()};
}

TEST(WholeModelTest, PieceByPieceIsTheSameToTheBit) {
  OnnxModel model = ChainModel(kLayers);
  const std::vector<std::string> asked = {"y", "r0", "m3"};
  auto at_once = WholeModel::Open(model, asked);
  ASSERT_TRUE(at_once.ok()) << at_once.status().message();
  auto by_pieces = WholeModel::Open(model, asked, kOneNodeAtATime);
  ASSERT_TRUE(by_pieces.ok()) << by_pieces.status().message();
  const auto expected = at_once->Run({Input()}, asked);
  const auto found = by_pieces->Run({Input()}, asked);
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  ASSERT_TRUE(found.ok()) << found.status().message();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    ASSERT_TRUE((*expected)[i] && (*found)[i]) << asked[i];
    EXPECT_EQ((*found)[i]->shape, (*expected)[i]->shape);
    EXPECT_EQ(BytesOf((*found)[i]), BytesOf((*expected)[i])) << asked[i];
  }
}

TEST(WholeModelTest, WhatCannotBeHandedOnIsRunAtOnce) {
  OnnxModel model = ChainModel(2);
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  // A sequence crosses between any two pieces.
  AddNode(graph, "SequenceConstruct", {"r1", "r0"}, {"sequence"});
  AddWeight(graph, "unused", {4, 4}, 0);
  onnx::NodeProto& concat = AddNode(graph, "ConcatFromSequence", {"sequence"}, {"both"});
  onnx::AttributeProto& axis = *concat.add_attribute();
  axis.set_name("axis");
  axis.set_type(onnx::AttributeProto::INT);
  axis.set_i(1);
  AddNode(graph, "MatMul", {"m1", "unused"}, {"more"});
  const std::vector<std::string> asked = {"both", "more"};
  auto whole = WholeModel::Open(model, asked, {.whole = 0, .piece = 1});
  ASSERT_TRUE(whole.ok());
  const auto found = whole->Run({Input()}, asked);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_TRUE((*found)[0]);
  EXPECT_EQ((*found)[0]->shape, std::vector<std::int64_t>({2, 8}));
}

TEST(WholeModelTest, ARejectedInputIsAnErrorNotTheEnd) {
  OnnxModel model = ChainModel(kLayers);
  auto whole = WholeModel::Open(model, {}, kOneNodeAtATime);
  ASSERT_TRUE(whole.ok());
  Tensor wrong = Input();
  wrong.shape = {4, 2};
  EXPECT_EQ(whole->Run({wrong}, {"y"}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(whole->Run({Input()}, {"y"}).ok());
}

}  // namespace
}  // namespace offramp
