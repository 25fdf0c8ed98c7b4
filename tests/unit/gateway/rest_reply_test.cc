#include "offramp/gateway/rest_reply.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace offramp {
namespace {

Bundle Model() {
  Bundle model;
  model.name = "m";
  return model;
}

using nlohmann::json;

template <typename T>
Tensor Make(const std::string& name, DataType type, const std::vector<T>& values) {
  Tensor tensor;
  tensor.name = name;
  tensor.datatype = type;
  tensor.shape = {static_cast<std::int64_t>(values.size())};
  tensor.data = Buffer::CopyOf(
      std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
  return tensor;
}

InferenceReply OneRow(Tensor output) {
  InferenceReply reply;
  reply.outputs.push_back(std::move(output));
  reply.rows = {{3, 0.5F}};
  reply.path = "a,b,c";
  return reply;
}

json Body(const HttpResponse& response) { return json::parse(response.BodyText()); }

TEST(RestReply, CarriesOutputsExitStageConfidenceAndPath) {
  RestReplyPlan plan;
  plan.id = "r\"1";
  const HttpResponse response =
      RestReply(plan, Model(), OneRow(Make<float>("logits", DataType::kFp32, {0.1F, -2})));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Find("Content-Type"), "application/json");
  EXPECT_FALSE(response.headers.Has("Inference-Header-Content-Length"));
  EXPECT_EQ(Body(response), json::parse(R"({
      "model_name":"m","model_version":"1","id":"r\"1","parameters":{"path":"a,b,c"},"outputs":[
      {"name":"logits","datatype":"FP32","shape":[2],"data":[0.1,-2]},
      {"name":"exit_stage","datatype":"INT32","shape":[1],"data":[3]},
      {"name":"confidence","datatype":"FP32","shape":[1],"data":[0.5]}]})"));
}

TEST(RestReply, WithoutAnIdNoneIsInvented) {
  const HttpResponse response =
      RestReply({}, Model(), OneRow(Make<float>("logits", DataType::kFp32, {1})));
  EXPECT_FALSE(Body(response).contains("id"));
}

TEST(RestReply, NumbersReadBackToTheSameValue) {
  const std::vector<float> values = {1.0F / 3, 1e-38F, 3.4028235e38F, -0.0F, 16777217.0F};
  const json body = Body(RestReply({}, Model(), OneRow(Make("x", DataType::kFp32, values))));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(body["outputs"][0]["data"][i].get<float>(), values[i]);
  }
  const std::vector<float> odd = {std::nanf(""), std::numeric_limits<float>::infinity()};
  const json nulls = Body(RestReply({}, Model(), OneRow(Make("x", DataType::kFp32, odd))));
  EXPECT_EQ(nulls["outputs"][0]["data"], json::parse("[null,null]"));
}

TEST(RestReply, WritesEveryDatatype) {
  const auto data_of = [](Tensor tensor) {
    return Body(RestReply({}, Model(), OneRow(std::move(tensor))))["outputs"][0]["data"].dump();
  };
  EXPECT_EQ(data_of(Make<char>("x", DataType::kBool, {1, 0})), "[true,false]");
  EXPECT_EQ(data_of(Make<std::int8_t>("x", DataType::kInt8, {-128, 127})), "[-128,127]");
  EXPECT_EQ(data_of(Make<std::uint8_t>("x", DataType::kUint8, {255})), "[255]");
  EXPECT_EQ(data_of(Make<std::uint64_t>("x", DataType::kUint64, {UINT64_MAX})),
            "[18446744073709551615]");
  EXPECT_EQ(data_of(Make<double>("x", DataType::kFp64, {0.1})), "[0.1]");
  const std::string framed("\2\0\0\0a\"\0\0\0\0", 10);
  EXPECT_EQ(data_of(Make<char>("x", DataType::kBytes, {framed.begin(), framed.end()})),
            R"(["a\"",""])");
  const HttpResponse half =
      RestReply({}, Model(), OneRow(Make<std::uint16_t>("x", DataType::kFp16, {0x3c00})));
  EXPECT_EQ(half.status, 400) << "JSON cannot carry FP16";
}

TEST(RestReply, BinaryOutputsFollowTheJsonInTheirOrder) {
  RestReplyPlan plan;
  plan.output_names = {"exit_stage", "logits", "confidence"};
  plan.output_binary = {true, false, true};
  const HttpResponse response =
      RestReply(plan, Model(), OneRow(Make<float>("logits", DataType::kFp32, {7})));
  EXPECT_EQ(response.headers.Find("Content-Type"), "application/octet-stream");
  const std::size_t json_bytes =
      std::stoul(std::string(response.headers.Find("Inference-Header-Content-Length")));
  const std::string body = response.BodyText();
  ASSERT_EQ(body.size(), json_bytes + 8);
  const json head = json::parse(body.substr(0, json_bytes));
  EXPECT_EQ(head["outputs"][0]["parameters"]["binary_data_size"], 4);
  EXPECT_FALSE(head["outputs"][0].contains("data"));
  EXPECT_EQ(head["outputs"][1]["data"], json::parse("[7]"));
  std::int32_t stage = 0;
  float confidence = 0;
  std::memcpy(&stage, body.data() + json_bytes, 4);
  std::memcpy(&confidence, body.data() + json_bytes + 4, 4);
  EXPECT_EQ(stage, 3);
  EXPECT_EQ(confidence, 0.5F);
}

TEST(RestReply, ErrorsAreOneTextAndOverloadSaysWhenToComeBack) {
  InferenceReply reply;
  reply.status = UnavailableError("over\"load");
  reply.retry_after_s = 0.2;
  const HttpResponse response = RestReply({}, Model(), reply);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.Find("Retry-After"), "1");
  EXPECT_EQ(Body(response), json::parse(R"({"error":"over\"load"})"));
  EXPECT_EQ(RestError(UnavailableError("x"), 2.1).headers.Find("Retry-After"), "3");
  EXPECT_FALSE(RestError(UnavailableError("x")).headers.Has("Retry-After"));
}

}  // namespace
}  // namespace offramp
