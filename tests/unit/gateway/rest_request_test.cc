#include "offramp/gateway/rest_request.h"

#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_inference_service.h"

namespace offramp {
namespace {

using testing::HasSubstr;

Result<RestInfer> Parse(const std::string& body, std::optional<std::uint64_t> json_bytes = {},
                        const Bundle& model = FakeInferenceService::FakeModel()) {
  RestRequestParser parser;
  return parser.Parse(model, Buffer::CopyOf(body), json_bytes);
}

// A request with one input of the given datatype, shape and data.
std::string Json(const std::string& datatype, const std::string& shape, const std::string& data) {
  return R"({"inputs":[{"name":"image","datatype":")" + datatype + R"(","shape":)" + shape +
         R"(,"data":)" + data + "}]}";
}

template <typename T>
std::vector<T> ValuesOf(const Tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

template <typename T>
std::vector<T> ParsedValues(const std::string& json) {
  const auto infer = Parse(json);
  EXPECT_TRUE(infer.ok()) << infer.status() << " of " << json;
  return infer.ok() ? ValuesOf<T>(infer->request.inputs[0]) : std::vector<T>{};
}

void ExpectRefused(const std::string& json, const std::string& why) {
  const auto infer = Parse(json);
  EXPECT_EQ(infer.status().code(), StatusCode::kInvalidArgument) << json;
  EXPECT_THAT(infer.status().message(), HasSubstr(why)) << json;
}

TEST(RestRequest, ReadsFieldsInAnyOrderAndDataNestedOrFlat) {
  const auto infer = Parse(R"({"outputs":[{"name":"logits"}],
      "parameters":{"early_exit":false,"timeout":1500,"priority":1},
      "inputs":[{"data":[[[[1,2.5],[-3e2,4]]]],"shape":[1,1,2,2],"datatype":"FP32","name":"image"}],
      "id":"r-1"})");
  ASSERT_TRUE(infer.ok()) << infer.status();
  const Tensor& tensor = infer->request.inputs.at(0);
  EXPECT_EQ(tensor.name, "image");
  EXPECT_EQ(tensor.shape, (std::vector<std::int64_t>{1, 1, 2, 2}));
  EXPECT_EQ(ValuesOf<float>(tensor), (std::vector<float>{1, 2.5F, -300, 4}));
  EXPECT_TRUE(tensor.data.IsAlignedTo(Buffer::kAlignment));
  EXPECT_EQ(infer->request.id, "r-1");
  EXPECT_EQ(infer->plan.id, "r-1");
  EXPECT_FALSE(infer->request.early_exit);
  EXPECT_DOUBLE_EQ(infer->request.timeout_s.value(), 0.0015);
  EXPECT_EQ(infer->plan.output_names, std::vector<std::string>{"logits"});
  EXPECT_FALSE(infer->plan.output_binary.at(0));

  EXPECT_EQ(ParsedValues<float>(Json("FP32", "[2,2]", "[1,2,3,4]")),
            (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(ParsedValues<float>(Json("FP32", "[2,1,2]", "[[1,2],[3,4]]")),
            (std::vector<float>{1, 2, 3, 4}));
}

TEST(RestRequest, ReadsEveryDatatypeThatJsonCanCarry) {
  EXPECT_EQ(ParsedValues<char>(Json("BOOL", "[2]", "[true,false]")), (std::vector<char>{1, 0}));
  EXPECT_EQ(ParsedValues<std::uint8_t>(Json("UINT8", "[2]", "[0,255]")),
            (std::vector<std::uint8_t>{0, 255}));
  EXPECT_EQ(ParsedValues<std::int8_t>(Json("INT8", "[2]", "[-128,127]")),
            (std::vector<std::int8_t>{-128, 127}));
  EXPECT_EQ(ParsedValues<std::uint16_t>(Json("UINT16", "[1]", "[65535]")),
            (std::vector<std::uint16_t>{65535}));
  EXPECT_EQ(ParsedValues<std::int16_t>(Json("INT16", "[1]", "[-32768]")),
            (std::vector<std::int16_t>{-32768}));
  EXPECT_EQ(ParsedValues<std::uint32_t>(Json("UINT32", "[1]", "[4294967295]")),
            (std::vector<std::uint32_t>{4294967295U}));
  EXPECT_EQ(ParsedValues<std::int32_t>(Json("INT32", "[1]", "[-2147483648]")),
            (std::vector<std::int32_t>{INT32_MIN}));
  EXPECT_EQ(ParsedValues<std::uint64_t>(Json("UINT64", "[1]", "[18446744073709551615]")),
            (std::vector<std::uint64_t>{UINT64_MAX}));
  EXPECT_EQ(ParsedValues<std::int64_t>(Json("INT64", "[1]", "[-9223372036854775808]")),
            (std::vector<std::int64_t>{INT64_MIN}));
  EXPECT_EQ(ParsedValues<double>(Json("FP64", "[1]", "[0.1]")), (std::vector<double>{0.1}));
  const auto bytes = Parse(Json("BYTES", "[2]", R"(["ab",""])"));
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->request.inputs[0].data.text(), std::string("\2\0\0\0ab\0\0\0\0", 10));
}

TEST(RestRequest, RefusesValuesThatDoNotFitTheDatatype) {
  ExpectRefused(Json("UINT8", "[1]", "[256]"), "value 0 does not fit datatype UINT8");
  ExpectRefused(Json("UINT8", "[1]", "[-1]"), "does not fit");
  ExpectRefused(Json("INT8", "[2]", "[0,128]"), "value 1 does not fit datatype INT8");
  ExpectRefused(Json("INT32", "[1]", "[2147483648]"), "does not fit");
  ExpectRefused(Json("INT32", "[1]", "[1.5]"), "does not fit");
  ExpectRefused(Json("UINT64", "[1]", "[18446744073709551616]"), "not valid JSON");
  ExpectRefused(Json("FP32", "[1]", "[1e39]"), "does not fit datatype FP32");
  ExpectRefused(Json("FP64", "[1]", "[1e999]"), "not valid JSON");
  ExpectRefused(Json("FP32", "[1]", "[NaN]"), "not valid JSON");
  ExpectRefused(Json("FP32", "[1]", "[Infinity]"), "not valid JSON");
  ExpectRefused(Json("FP32", "[1]", R"(["1"])"), "does not fit");
  ExpectRefused(Json("FP32", "[1]", "[null]"), "does not fit");
  ExpectRefused(Json("FP32", "[1]", "[{}]"), "does not fit");
  ExpectRefused(Json("BOOL", "[1]", "[1]"), "does not fit");
  ExpectRefused(Json("BYTES", "[1]", "[1]"), "does not fit");
  ExpectRefused(Json("FP16", "[1]", "[1]"), "send it as binary data");
  ExpectRefused(Json("BF16", "[1]", "[1]"), "send it as binary data");
}

TEST(RestRequest, RefusesDataThatIsNotOfTheShape) {
  ExpectRefused(Json("FP32", "[2,2]", "[1,2,3]"), "the shape needs 4 values");
  ExpectRefused(Json("FP32", "[2,2]", "[1,2,3,4,5]"), "the shape needs 4 values");
  ExpectRefused(Json("FP32", "[1099511627776]", "[1]"), "the shape needs 1099511627776 values");
  ExpectRefused(Json("FP32", "[2,3]", "[[1,2],[3,4],[5,6]]"), "nested data");
  ExpectRefused(Json("FP32", "[2,2]", "[[1,2],[3]]"), "nested data");
  ExpectRefused(Json("FP32", "[2,2]", "1"), "data must be an array");
  ExpectRefused(Json("FP32", "[0,2]", "[]"), "no rows");
  ExpectRefused(Json("FP32", "[]", "[1]"), "1 to 16 axes");
  ExpectRefused(Json("FP32", "[-1]", "[1]"), "whole numbers");
  ExpectRefused(Json("FP32", "[1.5]", "[1]"), "whole numbers");
  ExpectRefused(Json("FP32", "[99999999999,99999999999]", "[1]"), "too large");
  ExpectRefused(Json("FP32", R"("2")", "[1]"), "must be an array");
}

TEST(RestRequest, RefusesWhatIsNoRequest) {
  for (const char* text : {"", " ", "{", "[]", "null", "\"x\"", "{}x", "\xff\xfe", "{\"inputs\":1}",
                           "{\"inputs\":[1]}", "{\"inputs\":[]}", "{}", "{\"inputs\":[{}]}"}) {
    EXPECT_EQ(Parse(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
  const std::string input = Json("FP32", "[1]", "[1]");
  const std::string open = input.substr(0, input.size() - 1);
  EXPECT_TRUE(Parse(input).ok());
  EXPECT_FALSE(Parse(open + R"(,"id":5})").ok());
  EXPECT_FALSE(Parse(open + R"(,"id":")" + std::string(300, 'x') + R"("})").ok());
  EXPECT_FALSE(Parse(open + R"(,"parameters":[]})").ok());
  EXPECT_FALSE(Parse(open + R"(,"parameters":{"x":[1]}})").ok());
  EXPECT_FALSE(Parse(open + R"(,"parameters":{"x":null}})").ok());
  EXPECT_FALSE(Parse(open + R"(,"parameters":{"binary_data_output":"yes"}})").ok());
  EXPECT_FALSE(Parse(open + R"(,"outputs":{}})").ok());
  EXPECT_FALSE(Parse(open + R"(,"outputs":[{"name":"nothing"}]})").ok());
  EXPECT_FALSE(Parse(open + R"(,"outputs":[{}]})").ok());
  EXPECT_TRUE(Parse(open + R"(,"unknown":{"a":[1]},"outputs":[]})").ok()) << "fields may be added";
  EXPECT_EQ(Parse(open + R"(,"parameters":{"sequence_id":5}})").status().code(),
            StatusCode::kUnimplemented);
}

TEST(RestRequest, DepthAndSizeOfJsonAreBounded) {
  const auto nested = [](int depth) {
    return std::string(R"({"x":)") + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
  };
  EXPECT_THAT(Parse(nested(90)).status().message(), HasSubstr("no inputs"));
  EXPECT_THAT(Parse(nested(100)).status().message(), HasSubstr("not valid JSON"));
  EXPECT_THAT(Parse(nested(100000)).status().message(), HasSubstr("not valid JSON"));

  RestRequestParser parser({.max_json_bytes = 100});
  const std::string long_json = Json("FP32", "[1]", "[" + std::string(100, ' ') + "1]");
  EXPECT_EQ(parser.Parse(FakeInferenceService::FakeModel(), Buffer::CopyOf(long_json), {})
                .status()
                .code(),
            StatusCode::kResourceExhausted);
}

std::string BinaryJson(const std::string& size, const std::string& more = "") {
  return R"({"inputs":[{"name":"image","datatype":"FP32","shape":[1,2],"parameters":)"
         R"({"binary_data_size":)" +
         size + "}}]" + more + "}";
}

TEST(RestRequest, TakesBinaryDataBehindTheJson) {
  const float values[2] = {1.5F, -2};
  const std::string bytes(reinterpret_cast<const char*>(values), sizeof(values));
  for (const char* pad : {"", " ", "  ", "   "}) {  // every alignment of the binary part
    const std::string json = BinaryJson("8", R"(,"parameters":{"binary_data_output":true},)"
                                             R"("outputs":[{"name":"logits"},)"
                                             R"({"name":"exit_stage","parameters":)"
                                             R"({"binary_data":false}}])") +
                             pad;
    const auto infer = Parse(json + bytes, json.size());
    ASSERT_TRUE(infer.ok()) << infer.status();
    EXPECT_EQ(ValuesOf<float>(infer->request.inputs[0]), (std::vector<float>{1.5F, -2}));
    EXPECT_TRUE(infer->request.inputs[0].data.IsAlignedTo(4));
    EXPECT_EQ(infer->plan.output_binary.size(), 2U);
    EXPECT_FALSE(infer->plan.output_binary[1]);
  }
}

TEST(RestRequest, TheDefaultForBinaryOutputsHoldsWhereverItStands) {
  const std::string input = Json("FP32", "[1]", "[1]");
  const std::string open = input.substr(0, input.size() - 1);
  for (const std::string& text :
       {open + R"(,"outputs":[{"name":"logits"}],"parameters":{"binary_data_output":true}})",
        open + R"(,"parameters":{"binary_data_output":true},"outputs":[{"name":"logits"}]})"}) {
    const auto infer = Parse(text);
    ASSERT_TRUE(infer.ok()) << infer.status();
    EXPECT_TRUE(infer->plan.output_binary.at(0));
    EXPECT_TRUE(infer->plan.binary_by_default);
  }
}

TEST(RestRequest, RefusesBinaryPartsThatDoNotAddUp) {
  const auto refused = [](const std::string& json, const std::string& bytes,
                          std::optional<std::uint64_t> json_bytes) {
    const auto infer = Parse(json + bytes, json_bytes);
    return infer.status().code() == StatusCode::kInvalidArgument;
  };
  const std::string good = BinaryJson("8");
  const std::string eight(8, 'x');
  EXPECT_FALSE(refused(good, eight, good.size()));
  EXPECT_TRUE(refused(good, "", good.size())) << "no bytes";
  EXPECT_TRUE(refused(good, eight + "y", good.size())) << "bytes of no input";
  EXPECT_TRUE(refused(good, "", std::nullopt)) << "no header";
  EXPECT_TRUE(refused(good, eight, good.size() + 9)) << "header beyond the body";
  EXPECT_TRUE(refused(BinaryJson("4"), "wxyz", BinaryJson("4").size())) << "not of the shape";
  EXPECT_TRUE(refused(BinaryJson("-8"), eight, BinaryJson("-8").size()));
  EXPECT_TRUE(refused(BinaryJson("\"8\""), eight, BinaryJson("\"8\"").size()));
  EXPECT_TRUE(refused(BinaryJson("18446744073709551615"), eight,
                      BinaryJson("18446744073709551615").size()));
}

TEST(RestRequest, ARawBodyIsOneRowOfTheOnlyInput) {
  const auto infer = Parse(std::string(16, '\0'), 0);
  ASSERT_TRUE(infer.ok()) << infer.status();
  EXPECT_EQ(infer->request.inputs.at(0).name, "image");
  EXPECT_EQ(infer->request.inputs[0].shape, (std::vector<std::int64_t>{1, 1, 2, 2}));
  EXPECT_TRUE(infer->plan.binary_by_default);
  EXPECT_EQ(Parse(std::string(15, '\0'), 0).status().code(), StatusCode::kInvalidArgument);

  Bundle model = FakeInferenceService::FakeModel();
  model.inputs[0].shape = {-1, -1, 2};
  EXPECT_EQ(Parse(std::string(24, '\0'), 0, model)->request.inputs[0].shape,
            (std::vector<std::int64_t>{1, 3, 2}));
  EXPECT_FALSE(Parse(std::string(20, '\0'), 0, model).ok());
  model.inputs[0] = {"text", DataType::kBytes, {-1}};
  EXPECT_EQ(Parse("hello", 0, model)->request.inputs[0].data.text(),
            std::string("\5\0\0\0hello", 9));
  model.inputs.push_back({"second", DataType::kFp32, {-1}});
  EXPECT_FALSE(Parse("hello", 0, model).ok()) << "which input would it be?";
}

}  // namespace
}  // namespace offramp
