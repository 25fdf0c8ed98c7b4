#include "offramp/partition/staging.h"

#include <gtest/gtest.h>

#include "tests/unit/partition/test_graphs.h"

namespace offramp {
namespace {

class StagingTest : public testing::Test {
 protected:
  Result<std::vector<StageParts>> Cut(const std::vector<std::vector<std::string>>& names) {
    graph_ = *ModelGraph::Of(model_.proto.graph());
    probed_.values.resize(static_cast<std::size_t>(graph_.value_count()));
    for (ValueFacts& facts : probed_.values) {
      facts.datatype = DataType::kFp32;
      facts.shape = {1, 4};
      facts.open = {false, false};
      facts.row = true;
      facts.bytes = 16;
    }
    std::vector<std::vector<ValueId>> cuts;
    for (const std::vector<std::string>& cut : names) {
      cuts.emplace_back();
      for (const std::string& name : cut) cuts.back().push_back(*graph_.Find(name));
    }
    return StageByCuts(graph_, probed_,
                       std::vector<double>(static_cast<std::size_t>(graph_.node_count()), 10),
                       cuts);
  }

  std::vector<std::string> Names(const std::vector<ValueId>& values) const {
    std::vector<std::string> names;
    for (const ValueId value : values) names.push_back(graph_.name(value));
    return names;
  }

  OnnxModel model_ = ChainModel(3);
  ModelGraph graph_;
  Probed probed_;
};

TEST_F(StagingTest, WhatIsNeededLaterIsCarriedThroughTheStagesBetween) {
  // The last node adds r0, which only stage 1 computes.
  const auto stages = Cut({{"r0"}, {"r1"}});
  ASSERT_TRUE(stages.ok()) << stages.status().message();
  ASSERT_EQ(stages->size(), 3U);
  EXPECT_EQ(Names((*stages)[0].receives), (std::vector<std::string>{"x"}));
  EXPECT_EQ(Names((*stages)[0].sends), (std::vector<std::string>{"r0"}));
  EXPECT_EQ(Names((*stages)[1].receives), (std::vector<std::string>{"r0"}));
  EXPECT_EQ(Names((*stages)[1].sends), (std::vector<std::string>{"r0", "r1"}));
  EXPECT_EQ(Names((*stages)[2].receives), (std::vector<std::string>{"r0", "r1"}));
  EXPECT_TRUE((*stages)[2].sends.empty());
  EXPECT_EQ(graph_.name((*stages)[2].exit), "y");
  EXPECT_EQ((*stages)[1].flops, 20);
}

TEST_F(StagingTest, ACutAfterWhichNothingIsLeftIsRefused) {
  const auto stages = Cut({{"y"}});
  ASSERT_EQ(stages.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(stages.status().message().find("\"y\""), std::string::npos);
}

TEST_F(StagingTest, AnOutputOfWeightsAloneIsNoAnswerOfATask) {
  onnx::GraphProto& graph = *model_.proto.mutable_graph();
  AddNode(graph, "Transpose", {"w0"}, {"turned"});
  const onnx::ValueInfoProto answer = graph.output(0);
  AddPort(*graph.mutable_output(0), "turned", {});
  *graph.add_output() = answer;
  const auto stages = Cut({{"r0"}});
  ASSERT_EQ(stages.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(stages.status().message().find("\"turned\""), std::string::npos)
      << stages.status().message();
}

}  // namespace
}  // namespace offramp
