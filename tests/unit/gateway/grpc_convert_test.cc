#include "offramp/gateway/grpc_convert.h"

#include <cstring>

#include <gtest/gtest.h>

#include "tests/fakes/fake_inference_service.h"

namespace offramp {
namespace {

using inference::ModelInferRequest;

ModelInferRequest Request(const std::string& datatype = "FP32",
                          const std::vector<std::int64_t>& shape = {1, 1, 2, 2}) {
  ModelInferRequest message;
  message.set_model_name("fake");
  auto* input = message.add_inputs();
  input->set_name("image");
  input->set_datatype(datatype);
  input->mutable_shape()->Add(shape.begin(), shape.end());
  return message;
}

Result<GrpcInfer> Convert(ModelInferRequest message) {
  return FromGrpc(FakeInferenceService::FakeModel(), message);
}

StatusCode CodeOf(const ModelInferRequest& message) { return Convert(message).status().code(); }

TEST(GrpcConvert, RawContentsMoveIntoTheTensor) {
  ModelInferRequest message = Request();
  message.set_id("r-1");
  (*message.mutable_parameters())["early_exit"].set_bool_param(false);
  (*message.mutable_parameters())["timeout"].set_int64_param(2000);
  (*message.mutable_parameters())["priority"].set_uint64_param(1);
  message.add_outputs()->set_name("logits");
  const std::string bytes(64, 'x');
  message.mutable_inputs(0)->set_shape(0, 4);
  message.add_raw_input_contents(bytes);
  const void* where = message.raw_input_contents(0).data();

  const auto infer = FromGrpc(FakeInferenceService::FakeModel(), message);
  ASSERT_TRUE(infer.ok()) << infer.status();
  EXPECT_EQ(infer->request.inputs[0].data.data(), where) << "not copied";
  EXPECT_EQ(infer->request.inputs[0].data.text(), bytes);
  EXPECT_EQ(infer->request.id, "r-1");
  EXPECT_FALSE(infer->request.early_exit);
  EXPECT_DOUBLE_EQ(infer->request.timeout_s.value(), 0.002);
  EXPECT_EQ(infer->plan.output_names, std::vector<std::string>{"logits"});
}

TEST(GrpcConvert, TypedContentsFillEveryDatatype) {
  const auto bytes_of = [](const std::string& datatype, auto fill) {
    ModelInferRequest message = Request(datatype, {2});
    fill(*message.mutable_inputs(0)->mutable_contents());
    const auto infer = Convert(message);
    EXPECT_TRUE(infer.ok()) << infer.status();
    return infer.ok() ? std::string(infer->request.inputs[0].data.text()) : std::string("?");
  };
  const auto ints = [](auto& c) { c.add_int_contents(-1), c.add_int_contents(2); };
  const auto uints = [](auto& c) { c.add_uint_contents(1), c.add_uint_contents(255); };
  EXPECT_EQ(bytes_of("INT8", ints), std::string("\xff\2", 2));
  EXPECT_EQ(bytes_of("INT16", ints), std::string("\xff\xff\2\0", 4));
  EXPECT_EQ(bytes_of("INT32", ints).size(), 8U);
  EXPECT_EQ(bytes_of("UINT8", uints), std::string("\1\xff", 2));
  EXPECT_EQ(bytes_of("UINT16", uints), std::string("\1\0\xff\0", 4));
  EXPECT_EQ(bytes_of("UINT32", uints).size(), 8U);
  EXPECT_EQ(
      bytes_of("BOOL", [](auto& c) { c.add_bool_contents(true), c.add_bool_contents(false); }),
      std::string("\1\0", 2));
  EXPECT_EQ(
      bytes_of("INT64", [](auto& c) { c.add_int64_contents(1), c.add_int64_contents(2); }).size(),
      16U);
  EXPECT_EQ(bytes_of("UINT64", [](auto& c) { c.add_uint64_contents(1), c.add_uint64_contents(2); })
                .size(),
            16U);
  EXPECT_EQ(
      bytes_of("FP32", [](auto& c) { c.add_fp32_contents(1), c.add_fp32_contents(2); }).size(), 8U);
  EXPECT_EQ(
      bytes_of("FP64", [](auto& c) { c.add_fp64_contents(1), c.add_fp64_contents(2); }).size(),
      16U);
  EXPECT_EQ(bytes_of("BYTES", [](auto& c) { c.add_bytes_contents("a"), c.add_bytes_contents(""); }),
            std::string("\1\0\0\0a\0\0\0\0", 9));
}

TEST(GrpcConvert, RefusesWhatDoesNotFit) {
  ModelInferRequest range = Request("INT8", {1});
  range.mutable_inputs(0)->mutable_contents()->add_int_contents(128);
  EXPECT_EQ(CodeOf(range), StatusCode::kInvalidArgument);

  ModelInferRequest half = Request("FP16", {1});
  half.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  EXPECT_EQ(CodeOf(half), StatusCode::kInvalidArgument);
  half.mutable_inputs(0)->clear_contents();
  half.add_raw_input_contents("ab");
  EXPECT_EQ(CodeOf(half), StatusCode::kOk) << "raw FP16 is fine here; the model decides";

  ModelInferRequest wrong_field = Request("FP32", {1});
  wrong_field.mutable_inputs(0)->mutable_contents()->add_fp64_contents(1);
  EXPECT_EQ(CodeOf(wrong_field), StatusCode::kInvalidArgument);

  ModelInferRequest short_raw = Request();
  short_raw.add_raw_input_contents(std::string(15, 'x'));
  EXPECT_EQ(CodeOf(short_raw), StatusCode::kInvalidArgument);

  ModelInferRequest both = Request();
  both.add_raw_input_contents(std::string(16, 'x'));
  both.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  EXPECT_EQ(CodeOf(both), StatusCode::kInvalidArgument);

  ModelInferRequest too_many_raw = Request();
  too_many_raw.add_raw_input_contents(std::string(16, 'x'));
  too_many_raw.add_raw_input_contents(std::string(16, 'x'));
  EXPECT_EQ(CodeOf(too_many_raw), StatusCode::kInvalidArgument);

  EXPECT_EQ(CodeOf(Request("FP8", {1})), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Request("FP32", {-1})), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Request("FP32", {0})), StatusCode::kInvalidArgument);

  ModelInferRequest none;
  none.set_model_name("fake");
  EXPECT_EQ(CodeOf(none), StatusCode::kInvalidArgument);

  ModelInferRequest empty_parameter = Request();
  (*empty_parameter.mutable_parameters())["x"];
  EXPECT_EQ(CodeOf(empty_parameter), StatusCode::kInvalidArgument);

  ModelInferRequest shared = Request();
  (*shared.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  EXPECT_EQ(CodeOf(shared), StatusCode::kUnimplemented);
}

TEST(GrpcConvert, UnknownModelsAndVersionsAreNotFound) {
  ModelInferRequest message = Request();
  message.set_model_name("other");
  EXPECT_EQ(CodeOf(message), StatusCode::kNotFound);
  message.set_model_name("fake");
  message.set_model_version("2");
  EXPECT_EQ(CodeOf(message), StatusCode::kNotFound);
  message.set_model_version("1");
  message.add_raw_input_contents(std::string(16, 'x'));
  EXPECT_EQ(CodeOf(message), StatusCode::kOk);
}

TEST(GrpcConvert, RepliesAreAlwaysRaw) {
  InferenceReply reply;
  Tensor logits;
  logits.name = "logits";
  logits.shape = {1, 3};
  logits.data = Buffer::CopyOf(std::string(12, 'y'));
  reply.outputs = {logits};
  reply.rows = {{2, 0.5F}};
  reply.path = "a,b";
  inference::ModelInferResponse message;
  ASSERT_TRUE(
      ToGrpc({.id = "r-1", .output_names = {}}, FakeInferenceService::FakeModel(), reply, message)
          .ok());
  EXPECT_EQ(message.model_name(), "fake");
  EXPECT_EQ(message.model_version(), "1");
  EXPECT_EQ(message.id(), "r-1");
  EXPECT_EQ(message.parameters().at("path").string_param(), "a,b");
  ASSERT_EQ(message.outputs_size(), 3);
  ASSERT_EQ(message.raw_output_contents_size(), 3);
  EXPECT_EQ(message.outputs(1).name(), "exit_stage");
  EXPECT_EQ(message.outputs(1).datatype(), "INT32");
  EXPECT_EQ(message.raw_output_contents(0), std::string(12, 'y'));
  EXPECT_FALSE(message.outputs(0).has_contents());
}

TEST(GrpcConvert, ConfigurationHasTypesAndDims) {
  inference::ModelConfig config;
  Bundle model = FakeInferenceService::FakeModel();
  model.inputs.push_back({"text", DataType::kBytes, {-1, 4}});
  FillModelConfig(model, 8, config);
  EXPECT_EQ(config.max_batch_size(), 8);
  EXPECT_EQ(config.input(0).data_type(), inference::TYPE_FP32);
  EXPECT_EQ(config.input(0).dims_size(), 3);
  EXPECT_EQ(config.input(1).data_type(), inference::TYPE_STRING);
  EXPECT_EQ(config.output(1).data_type(), inference::TYPE_INT32);
  EXPECT_EQ(config.output(1).dims_size(), 0);
}

}  // namespace
}  // namespace offramp
