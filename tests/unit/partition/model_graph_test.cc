#include "offramp/partition/model_graph.h"

#include <gtest/gtest.h>

#include "tests/unit/partition/test_graphs.h"

namespace offramp {
namespace {

TEST(ModelGraphTest, NodesStandAfterWhatTheyReadWhateverTheFileSays) {
  onnx::GraphProto proto;
  AddPort(*proto.add_input(), "x", {0, 4});
  AddPort(*proto.add_output(), "c", {0, 4});
  AddNode(proto, "Relu", {"b"}, {"c"});
  AddNode(proto, "Relu", {"a"}, {"b"});
  AddNode(proto, "Relu", {"x"}, {"a"});
  const auto graph = ModelGraph::Of(proto);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  ASSERT_EQ(graph->node_count(), 3);
  EXPECT_EQ(graph->node(0).output(0), "a");
  EXPECT_EQ(graph->node(2).output(0), "c");
  EXPECT_EQ(graph->producer(*graph->Find("x")), -1);
  EXPECT_EQ(graph->producer(*graph->Find("c")), 2);
}

TEST(ModelGraphTest, ConstantsFollowFromWeightsAlone) {
  onnx::GraphProto proto;
  AddPort(*proto.add_input(), "x", {0, 4});
  AddPort(*proto.add_output(), "y", {0, 4});
  AddWeight(proto, "w", {4, 4}, 0);
  AddNode(proto, "Transpose", {"w"}, {"turned"});
  AddNode(proto, "MatMul", {"x", "turned"}, {"y"});
  const auto graph = ModelGraph::Of(proto);
  ASSERT_TRUE(graph.ok());
  EXPECT_TRUE(graph->constant(*graph->Find("w")));
  EXPECT_TRUE(graph->constant(*graph->Find("turned")));
  EXPECT_FALSE(graph->constant(*graph->Find("y")));
  EXPECT_FALSE(graph->constant(*graph->Find("x")));
  EXPECT_NE(graph->weight(*graph->Find("w")), nullptr);
  EXPECT_EQ(graph->weight(*graph->Find("turned")), nullptr);
  EXPECT_EQ(graph->inputs().size(), 1U);
}

TEST(ModelGraphTest, WhatASubgraphCapturesIsReadByItsNode) {
  onnx::GraphProto proto;
  AddPort(*proto.add_input(), "x", {0, 4});
  AddPort(*proto.add_output(), "y", {0, 4});
  AddNode(proto, "Relu", {"x"}, {"a"});
  onnx::NodeProto& choice = AddNode(proto, "If", {"x"}, {"y"});
  onnx::AttributeProto& branch = *choice.add_attribute();
  branch.set_name("then_branch");
  branch.set_type(onnx::AttributeProto::GRAPH);
  AddNode(*branch.mutable_g(), "Neg", {"a"}, {"inner"});
  branch.mutable_g()->add_output()->set_name("inner");
  const auto graph = ModelGraph::Of(proto);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const ValueId captured = *graph->Find("a");
  ASSERT_EQ(graph->readers(captured).size(), 1U);
  EXPECT_EQ(graph->node(graph->readers(captured)[0]).op_type(), "If");
  EXPECT_FALSE(graph->Find("inner"));
}

TEST(ModelGraphTest, ACycleAndAnUnknownValueAreRefusedByName) {
  onnx::GraphProto cycle;
  AddPort(*cycle.add_output(), "b", {0, 4});
  AddNode(cycle, "Relu", {"b"}, {"a"});
  AddNode(cycle, "Relu", {"a"}, {"b"});
  EXPECT_EQ(ModelGraph::Of(cycle).status().code(), StatusCode::kInvalidArgument);

  onnx::GraphProto unknown;
  AddPort(*unknown.add_output(), "y", {0, 4});
  AddNode(unknown, "Relu", {"nowhere"}, {"y"});
  const auto graph = ModelGraph::Of(unknown);
  ASSERT_EQ(graph.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(graph.status().message().find("nowhere"), std::string::npos);
}

TEST(ModelGraphTest, AValueComputedTwiceIsRefused) {
  onnx::GraphProto proto;
  AddPort(*proto.add_input(), "x", {0, 4});
  AddPort(*proto.add_output(), "y", {0, 4});
  AddNode(proto, "Relu", {"x"}, {"y"});
  AddNode(proto, "Neg", {"x"}, {"y"});
  EXPECT_EQ(ModelGraph::Of(proto).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace offramp
