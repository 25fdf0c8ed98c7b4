#include "offramp/gateway/oip_outputs.h"

#include <cstring>

#include <gtest/gtest.h>

#include "tests/fakes/fake_inference_service.h"

namespace offramp {
namespace {

Bundle Model() {
  Bundle model;
  model.name = "m";
  model.outputs = {{"logits", DataType::kFp32, {-1, 3}}};
  return model;
}

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
  const auto outputs = SelectOutputs(Model(), TwoRows(), {});
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
  const auto outputs = SelectOutputs(Model(), reply, {"confidence", "logits"});
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(NamesOf(*outputs), (std::vector<std::string>{"confidence", "logits"}));
  EXPECT_EQ((*outputs)[1].data.data(), reply.outputs[0].data.data()) << "shares the bytes";
}

TEST(OipOutputs, AnAnswerWithoutTheOutputIsOurFault) {
  InferenceReply reply = TwoRows();
  reply.outputs.clear();
  EXPECT_EQ(SelectOutputs(Model(), reply, {"logits"}).status().code(), StatusCode::kInternal);
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

TEST(OipOutputs, LabelsComeByNameAndFromTextModelsAlways) {
  InferenceReply reply = TwoRows();
  const float logits[] = {0, 2, 1, 5, -1, 3};
  reply.outputs[0].data =
      Buffer::CopyOf(std::string_view(reinterpret_cast<const char*>(logits), sizeof(logits)));
  Bundle model = Model();
  EXPECT_EQ(CheckOutputNames(model, {"label"}).code(), StatusCode::kInvalidArgument);

  model.labels = {"cat", "bird", "dog"};
  EXPECT_TRUE(CheckOutputNames(model, {"label"}).ok());
  const auto named = SelectOutputs(model, reply, {"label"});
  ASSERT_TRUE(named.ok());
  EXPECT_EQ((*named)[0].datatype, DataType::kBytes);
  EXPECT_EQ((*named)[0].shape, std::vector<std::int64_t>{2});
  EXPECT_EQ((*named)[0].data.text(), std::string_view("\4\0\0\0bird\3\0\0\0cat", 15));
  EXPECT_EQ(SelectOutputs(model, reply, {})->size(), 3U) << "not unasked from a model of numbers";

  model.tokenizer.emplace();
  const auto all = SelectOutputs(model, reply, {});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(NamesOf(*all),
            (std::vector<std::string>{"logits", "exit_stage", "confidence", "label"}));
  reply.outputs.clear();
  EXPECT_EQ(SelectOutputs(model, reply, {"label"}).status().code(), StatusCode::kInternal);
}

TEST(OipOutputs, AnOutputOfTheModelsOwnGoesBeforeOurs) {
  Bundle model = Model();
  model.outputs.insert(model.outputs.begin(), {"label", DataType::kFp32, {-1}});
  model.labels = {"a", "b", "c"};
  model.tokenizer.emplace();
  InferenceReply reply = TwoRows();
  Tensor own;
  own.name = "label";
  own.shape = {2};
  own.data = Buffer::CopyOf(std::string(8, '\0'));
  reply.outputs.insert(reply.outputs.begin(), own);
  EXPECT_EQ(SelectOutputs(model, reply, {"label"})->front().datatype, DataType::kFp32);
  EXPECT_EQ(SelectOutputs(model, reply, {})->size(), 4U);
}

}  // namespace
}  // namespace offramp
