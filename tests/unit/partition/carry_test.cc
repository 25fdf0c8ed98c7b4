#include "offramp/partition/carry.h"

#include <gtest/gtest.h>

#include "tests/unit/partition/test_graphs.h"

namespace offramp {
namespace {

// As if "r0" [n, 3, 8, 8] in FP32 crossed between two stages, and the input "x" too.
class CarryTest : public testing::Test {
 protected:
  CarryTest() : model_(ChainModel(2)), graph_(*ModelGraph::Of(model_.proto.graph())) {
    probed_.values.resize(static_cast<std::size_t>(graph_.value_count()));
    for (ValueFacts& facts : probed_.values) {
      facts.datatype = DataType::kFp32;
      facts.shape = {1, 3, 8, 8};
      facts.open = {false, false, true, true};
      facts.row = true;
      facts.bytes = 4 * 3 * 8 * 8;
    }
    stages_.resize(2);
    stages_[0].sends = {*graph_.Find("x"), *graph_.Find("r0")};
    stages_[1].receives = stages_[0].sends;
  }

  Result<Narrowing> Of(Carry carry) {
    return Narrowing::Of(carry, model_.proto, graph_, probed_, stages_);
  }

  OnnxModel model_;
  ModelGraph graph_;
  Probed probed_;
  std::vector<StageParts> stages_;
};

TEST_F(CarryTest, HalfTheBytes) {
  const auto narrowing = Of(Carry::kFp16);
  ASSERT_TRUE(narrowing.ok());
  const std::vector<CarriedTensor>* carried = narrowing->Of(*graph_.Find("r0"));
  ASSERT_NE(carried, nullptr);
  ASSERT_EQ(carried->size(), 1U);
  EXPECT_EQ(carried->front().name, "r0_fp16");
  EXPECT_EQ(carried->front().bytes, 2 * 3 * 8 * 8);
  EXPECT_EQ(narrowing->Of(*graph_.Find("x")), nullptr) << "what the client sent stays as it is";
}

TEST_F(CarryTest, AQuarterAndAScaleForEachChannel) {
  const auto narrowing = Of(Carry::kInt8);
  ASSERT_TRUE(narrowing.ok());
  const std::vector<CarriedTensor>* carried = narrowing->Of(*graph_.Find("r0"));
  ASSERT_NE(carried, nullptr);
  ASSERT_EQ(carried->size(), 2U);
  EXPECT_EQ((*carried)[0].datatype, DataType::kInt8);
  EXPECT_EQ((*carried)[0].bytes, 3 * 8 * 8);
  EXPECT_EQ((*carried)[1].shape, std::vector<std::int64_t>({1, 3, 1, 1}));
  EXPECT_EQ((*carried)[1].bytes, 3 * 4);
  EXPECT_EQ((*carried)[1].open, std::vector<bool>({false, false, false, false}));
}

TEST_F(CarryTest, NamesThatAreTakenAreNotTakenAgain) {
  AddNode(*model_.proto.mutable_graph(), "Relu", {"r1"}, {"r0_fp16"});
  graph_ = *ModelGraph::Of(model_.proto.graph());
  probed_.values.resize(static_cast<std::size_t>(graph_.value_count()), probed_.values[0]);
  stages_[0].sends = {*graph_.Find("r0")};
  const auto narrowing = Of(Carry::kFp16);
  ASSERT_TRUE(narrowing.ok());
  EXPECT_EQ(narrowing->Of(*graph_.Find("r0"))->front().name, "r0_fp16_");
}

TEST_F(CarryTest, IntegersAndHalvesTravelAsTheyAre) {
  probed_.values[static_cast<std::size_t>(*graph_.Find("r0"))].datatype = DataType::kFp16;
  EXPECT_EQ(Of(Carry::kInt8)->Of(*graph_.Find("r0")), nullptr);
  EXPECT_EQ(Of(Carry::kFp16)->Of(*graph_.Find("r0")), nullptr);
}

TEST_F(CarryTest, TooOldAnOperatorSetIsRefused) {
  model_.proto.mutable_opset_import(0)->set_version(9);
  EXPECT_TRUE(Of(Carry::kFp16).ok());
  const auto narrowing = Of(Carry::kInt8);
  ASSERT_EQ(narrowing.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(narrowing.status().message().find("11"), std::string::npos);
}

}  // namespace
}  // namespace offramp
