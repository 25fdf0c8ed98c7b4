// What a request must be before a task is made of it, and what its sender is told otherwise.
#include "offramp/gateway/request_check.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace offramp {
namespace {

Bundle Model() {
  Bundle bundle;
  bundle.name = "m";
  bundle.inputs = {{"image", DataType::kFp32, {-1, 1, 2}}, {"scale", DataType::kInt64, {-1, -1}}};
  return bundle;
}

Tensor Zeros(const std::string& name, DataType type, std::vector<std::int64_t> shape,
             std::size_t bytes) {
  Tensor tensor;
  tensor.name = name;
  tensor.datatype = type;
  tensor.shape = std::move(shape);
  tensor.data = Buffer::CopyOf(std::string(bytes, '\0'));
  return tensor;
}

InferenceRequest Good(std::int64_t rows) {
  const auto count = static_cast<std::size_t>(rows);
  InferenceRequest request;
  request.model_name = "m";
  request.inputs = {Zeros("scale", DataType::kInt64, {rows, 3}, count * 24),
                    Zeros("image", DataType::kFp32, {rows, 1, 2}, count * 8)};
  return request;
}

std::string Told(const InferenceRequest& request) {
  const Bundle model = Model();
  const auto rows = CheckRequest(request, model, 100);
  return rows.ok() ? std::to_string(*rows) + " rows" : rows.status().ToString();
}

TEST(RequestCheckTest, InputsInAnyOrderAndFreeExtentsFit) {
  EXPECT_EQ(Told(Good(1)), "1 rows");
  EXPECT_EQ(Told(Good(100)), "100 rows");
  InferenceRequest versioned = Good(1);
  versioned.model_version = "1";
  EXPECT_EQ(Told(versioned), "1 rows");
}

TEST(RequestCheckTest, AnotherModelOrVersionIsNotFound) {
  InferenceRequest request = Good(1);
  request.model_version = "2";
  EXPECT_EQ(Told(request), "NOT_FOUND: model \"m\" has no version \"2\", only \"1\"");
  request.model_name = "other";
  EXPECT_EQ(Told(request), "NOT_FOUND: no model \"other\" here, only \"m\"");
}

TEST(RequestCheckTest, EveryMisfitIsNamed) {
  InferenceRequest request = Good(2);
  request.inputs.pop_back();
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: input \"image\" is missing");
  request = Good(2);
  request.inputs.push_back(request.inputs[0]);
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: input \"scale\" is given twice");
  request = Good(2);
  request.inputs.push_back(Zeros("mask", DataType::kBool, {2, 1}, 2));
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: model \"m\" has no input \"mask\"");
  request = Good(2);
  request.inputs[1].datatype = DataType::kFp64;
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: input \"image\" is FP64, expected FP32");
  request = Good(2);
  request.inputs[1].shape = {2, 2, 1};
  EXPECT_EQ(Told(request),
            "INVALID_ARGUMENT: input \"image\" has shape [2,2,1], expected [-1,1,2]");
  request = Good(2);
  request.inputs[1].shape = {4};
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: input \"image\" has shape [4], expected [-1,1,2]");
  request = Good(2);
  request.inputs[0] = Good(3).inputs[0];
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: inputs differ in their number of rows");
}

TEST(RequestCheckTest, BytesMustBeThoseOfTheShape) {
  InferenceRequest request = Good(2);
  request.inputs[1].data = Buffer::CopyOf(std::string(15, '\0'));
  EXPECT_EQ(Told(request),
            "INVALID_ARGUMENT: input \"image\" has 15 bytes, expected 16 for its shape");
  request = Good(2);
  request.inputs[0].shape = {2, std::int64_t{1} << 60};
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: input \"scale\" has an impossible shape");
  request.inputs[0].shape = {2, -3};
  EXPECT_EQ(Told(request), "INVALID_ARGUMENT: input \"scale\" has an impossible shape");
}

TEST(RequestCheckTest, NoRowsAndTooManyRowsAreRefused) {
  EXPECT_EQ(Told(Good(0)), "INVALID_ARGUMENT: the request has no rows");
  EXPECT_EQ(Told(Good(101)), "INVALID_ARGUMENT: 101 rows in one request, at most 100");
}

TEST(RequestCheckTest, TextsMayBeAPlainList) {
  Bundle model;
  model.name = "m";
  model.inputs = {{"text", DataType::kBytes, {-1, 1}}};
  InferenceRequest request;
  request.model_name = "m";
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{2}, {2, 1}}) {
    request.inputs = {Zeros("text", DataType::kBytes, shape, 8)};
    EXPECT_EQ(CheckRequest(request, model, 100).value(), 2);
  }
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{1, 2}, {2, 1, 1}}) {
    request.inputs = {Zeros("text", DataType::kBytes, shape, 8)};
    EXPECT_EQ(CheckRequest(request, model, 100).status().code(), StatusCode::kInvalidArgument);
  }
}

TEST(RequestCheckTest, AnEmptyFreeExtentFits) {
  InferenceRequest request = Good(2);
  request.inputs[0] = Zeros("scale", DataType::kInt64, {2, 0}, 0);
  EXPECT_EQ(Told(request), "2 rows");
}

}  // namespace
}  // namespace offramp
