// Rows come back in any order and grouping; the reply is in the request's order.
#include "offramp/gateway/reply_assembly.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace offramp {
namespace {

Bundle Model() {
  Bundle bundle;
  bundle.name = "m";
  bundle.outputs = {{"features", DataType::kFp32, {-1, 2}}, {"logits", DataType::kFp32, {-1, 1}}};
  return bundle;
}

Tensor Floats(const std::string& name, const std::vector<float>& values, std::int64_t rows) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = {rows, static_cast<std::int64_t>(values.size()) / rows};
  tensor.data = Buffer::CopyOf(std::as_bytes(std::span(values)));
  return tensor;
}

AnswerFrame Answer(const std::vector<float>& logits, int exit_stage, const std::string& node) {
  AnswerFrame answer;
  answer.exit_stage = exit_stage;
  answer.confidence.assign(logits.size(), 0.5F);
  answer.path = {{"s1-a", 0.25F, 0.5F}, {node, 0.25F, 0.5F}};
  answer.tensors.push_back(Floats("logits", logits, static_cast<std::int64_t>(logits.size())));
  return answer;
}

std::vector<float> Values(const Tensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST(ReplyAssemblyTest, RowsAreInTheRequestsOrderWhateverCameFirst) {
  const Bundle model = Model();
  ReplyAssembly assembly(4, model);
  ASSERT_TRUE(assembly.Add({3, 1}, Answer({3, 1}, 3, "s3-a")).ok());
  EXPECT_FALSE(assembly.complete());
  ASSERT_TRUE(assembly.Add({0, 2}, Answer({0, 2}, 2, "s2-b")).ok());
  ASSERT_TRUE(assembly.complete());
  const InferenceReply reply = assembly.Take();
  ASSERT_TRUE(reply.status.ok());
  ASSERT_EQ(reply.outputs.size(), 1u);
  EXPECT_EQ(reply.outputs[0].shape, (std::vector<std::int64_t>{4, 1}));
  EXPECT_EQ(Values(reply.outputs[0]), (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(reply.rows[0].exit_stage, 2);
  EXPECT_EQ(reply.rows[3].exit_stage, 3);
}

TEST(ReplyAssemblyTest, PathAndTimesAreThoseOfTheFirstRow) {
  const Bundle model = Model();
  ReplyAssembly assembly(2, model);
  ASSERT_TRUE(assembly.Add({1}, Answer({1}, 3, "s3-a")).ok());
  ASSERT_TRUE(assembly.Add({0}, Answer({0}, 2, "s2-b")).ok());
  const InferenceReply reply = assembly.Take();
  EXPECT_EQ(reply.path, "s1-a,s2-b");
  EXPECT_DOUBLE_EQ(reply.queue_s, 0.5);
  EXPECT_DOUBLE_EQ(reply.compute_s, 1.0);
}

TEST(ReplyAssemblyTest, AnAnswerToTheWholeRequestIsSharedAndNotCopied) {
  const Bundle model = Model();
  ReplyAssembly assembly(2, model);
  const AnswerFrame answer = Answer({7, 8}, 1, "s1-a");
  ASSERT_TRUE(assembly.Add({0, 1}, answer).ok());
  EXPECT_EQ(assembly.Take().outputs.at(0).data.data(), answer.tensors[0].data.data());
}

TEST(ReplyAssemblyTest, APlainOutputIsThereOnlyIfEveryRowHasIt) {
  const Bundle model = Model();
  AnswerFrame with = Answer({1}, 3, "s3-a");
  with.tensors.push_back(Floats("features", {5, 6}, 1));
  ReplyAssembly some(2, model);
  ASSERT_TRUE(some.Add({0}, with).ok());
  ASSERT_TRUE(some.Add({1}, Answer({1}, 1, "s1-a")).ok());
  const InferenceReply without = some.Take();
  ASSERT_EQ(without.outputs.size(), 1u);
  EXPECT_EQ(without.outputs[0].name, "logits");
  ReplyAssembly all(2, model);
  ASSERT_TRUE(all.Add({1}, with).ok());
  ASSERT_TRUE(all.Add({0}, with).ok());
  const InferenceReply both = all.Take();
  ASSERT_EQ(both.outputs.size(), 2u);
  EXPECT_EQ(Values(both.outputs[0]), (std::vector<float>{5, 6, 5, 6}));
}

TEST(ReplyAssemblyTest, AnAnswerWithoutTheModelsOutputIsNoSuccess) {
  const Bundle model = Model();
  ReplyAssembly assembly(1, model);
  AnswerFrame hollow = Answer({1}, 3, "s3-a");
  hollow.tensors.clear();
  ASSERT_TRUE(assembly.Add({0}, hollow).ok());
  ASSERT_TRUE(assembly.complete());
  EXPECT_EQ(assembly.Take().status.code(), StatusCode::kInternal);
}

TEST(ReplyAssemblyTest, RowsThatDoNotFitEachOtherAreAnError) {
  const Bundle model = Model();
  ReplyAssembly shapes(2, model);
  ASSERT_TRUE(shapes.Add({0}, Answer({1}, 3, "s3-a")).ok());
  AnswerFrame wider = Answer({1}, 3, "s3-a");
  wider.tensors = {Floats("logits", {1, 2}, 1)};
  EXPECT_EQ(shapes.Add({1}, wider).code(), StatusCode::kInternal);
  ReplyAssembly rows(2, model);
  AnswerFrame fewer = Answer({1}, 3, "s3-a");
  EXPECT_EQ(rows.Add({0, 1}, fewer).code(), StatusCode::kInternal);
  EXPECT_EQ(rows.Add({0, 1, 1}, Answer({1, 2, 3}, 3, "s3-a")).code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace offramp
