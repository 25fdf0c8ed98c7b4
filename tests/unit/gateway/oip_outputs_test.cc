#include "offramp/gateway/oip_outputs.h"

#include <cstring>

#include <gtest/gtest.h>

#include "tests/fakes/fake_inference_service.h"

namespace offramp {
namespace {

InferenceReply TwoRows() {
  InferenceReply reply;
  Tensor logits;
  logits.name = "logits";
  logits.shape = {2, 3};
  logits.data = Buffer::CopyOf(std::string(24, '\0'));
  reply.outputs = {logits};
  reply.rows = {{1, 0.25F}, {4, 0.75F}};
  return reply;
}

std::vector<std::string> NamesOf(const std::vector<Tensor>& tensors) {
  std::vector<std::string> names;
  for (const Tensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

TEST(OipOutputs, WithoutNamesEveryOutputComesThenExitStageAndConfidence) {
  const auto outputs = SelectOutputs(TwoRows(), {});
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(NamesOf(*outputs), (std::vector<std::string>{"logits", "exit_stage", "confidence"}));
  const Tensor& stages = (*outputs)[1];
  EXPECT_EQ(stages.datatype, DataType::kInt32);
  EXPECT_EQ(stages.shape, std::vector<std::int64_t>{2});
  std::int32_t stage_values[2];
  ASSERT_EQ(stages.data.size(), sizeof(stage_values));
  std::memcpy(stage_values, stages.data.data(), sizeof(stage_values));
  EXPECT_EQ(stage_values[0], 1);
  EXPECT_EQ(stage_values[1], 4);
  const Tensor& confidence = (*outputs)[2];
  EXPECT_EQ(confidence.datatype, DataType::kFp32);
  float confidence_values[2];
  ASSERT_EQ(confidence.data.size(), sizeof(confidence_values));
  std::memcpy(confidence_values, confidence.data.data(), sizeof(confidence_values));
  EXPECT_EQ(confidence_values[0], 0.25F);
  EXPECT_EQ(confidence_values[1], 0.75F);
}

TEST(OipOutputs, NamedOutputsComeInTheOrderAskedForAndNoOthers) {
  const InferenceReply reply = TwoRows();
  const auto outputs = SelectOutputs(reply, {"confidence", "logits"});
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(NamesOf(*outputs), (std::vector<std::string>{"confidence", "logits"}));
  EXPECT_EQ((*outputs)[1].data.data(), reply.outputs[0].data.data()) << "shares the bytes";
}

TEST(OipOutputs, AnAnswerWithoutTheOutputIsOurFault) {
  InferenceReply reply = TwoRows();
  reply.outputs.clear();
  EXPECT_EQ(SelectOutputs(reply, {"logits"}).status().code(), StatusCode::kInternal);
}

TEST(OipOutputs, UnknownAndRepeatedNamesAreRefused) {
  const Bundle model = FakeInferenceService::FakeModel();
  EXPECT_TRUE(CheckOutputNames(model, {}).ok());
  EXPECT_TRUE(CheckOutputNames(model, {"logits", "exit_stage", "confidence"}).ok());
  const Status unknown = CheckOutputNames(model, {"logit"});
  EXPECT_EQ(unknown.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(unknown.message().find("logits, exit_stage, confidence"), std::string::npos);
  EXPECT_EQ(CheckOutputNames(model, {"logits", "logits"}).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace offramp
