#include "offramp/model/confidence.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Confidence Of(std::vector<float> logits, double temperature = 1) {
  return MaxSoftmax(logits, temperature);
}

template <typename T>
Tensor LogitsOf(DataType type, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  return {.name = "logits",
          .datatype = type,
          .shape = std::move(shape),
          .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

TEST(ConfidenceTest, IsTheLargestSoftmaxProbability) {
  // e^2 / (e^2 + e^1 + e^0) = 7.389 / 11.107
  const Confidence confidence = Of({1, 2, 0});
  EXPECT_EQ(confidence.argmax, 1);
  EXPECT_NEAR(confidence.confidence, 0.66524, 1e-5);
  EXPECT_TRUE(confidence.valid);
}

TEST(ConfidenceTest, TemperatureDividesTheLogits) {
  EXPECT_FLOAT_EQ(Of({2, 4, 0}, 2).confidence, Of({1, 2, 0}).confidence);
  EXPECT_LT(Of({1, 2, 0}, 3).confidence, Of({1, 2, 0}).confidence);
  EXPECT_EQ(Of({1, 2, 0}, 3).argmax, 1);
}

TEST(ConfidenceTest, LargeLogitsDoNotOverflow) {
  EXPECT_FLOAT_EQ(Of({10'000, 9'999}).confidence, Of({1, 0}).confidence);
  EXPECT_FLOAT_EQ(Of({-3e38F, 3e38F}).confidence, 1);
}

TEST(ConfidenceTest, EqualLogitsShareAndTheFirstAnswers) {
  EXPECT_FLOAT_EQ(Of({5, 5, 5, 5}).confidence, 0.25);
  EXPECT_EQ(Of({5, 5, 5, 5}).argmax, 0);
  EXPECT_FLOAT_EQ(Of({7}).confidence, 1);
}

TEST(ConfidenceTest, InfinityWinsOutright) {
  EXPECT_FLOAT_EQ(Of({1, kInfinity}).confidence, 1);
  EXPECT_EQ(Of({1, kInfinity}).argmax, 1);
  EXPECT_FLOAT_EQ(Of({kInfinity, kInfinity}).confidence, 0.5);
  EXPECT_FLOAT_EQ(Of({-kInfinity, 0}).confidence, 1);
  EXPECT_FLOAT_EQ(Of({-kInfinity, -kInfinity}).confidence, 0.5);
}

TEST(ConfidenceTest, NanNeverExits) {
  for (const std::vector<float>& logits :
       {std::vector<float>{kNan, 1}, {1, kNan}, {kNan}, {kInfinity, kNan}, {}}) {
    const Confidence confidence = Of(logits);
    EXPECT_FALSE(confidence.valid);
    EXPECT_EQ(confidence.confidence, 0);
    EXPECT_EQ(confidence.argmax, 0);
  }
}

TEST(ConfidenceTest, EveryRowHasItsOwn) {
  const auto rows =
      RowConfidences(LogitsOf<float>(DataType::kFp32, {3, 2}, {0, 1, 3, 0, kNan, 0}), 1);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].argmax, 1);
  EXPECT_EQ((*rows)[1].argmax, 0);
  EXPECT_FALSE((*rows)[2].valid);
}

TEST(ConfidenceTest, OtherFloatsAreConverted) {
  const float expected = Of({1, -2}).confidence;
  EXPECT_FLOAT_EQ(
      RowConfidences(LogitsOf<double>(DataType::kFp64, {1, 2}, {1, -2}), 1).value()[0].confidence,
      expected);
  // 1 = 0x3c00, -2 = 0xc000 in half precision; 0x3f80 and 0xc000 in bfloat16.
  EXPECT_FLOAT_EQ(
      RowConfidences(LogitsOf<std::uint16_t>(DataType::kFp16, {1, 2}, {0x3c00, 0xc000}), 1)
          .value()[0]
          .confidence,
      expected);
  EXPECT_FLOAT_EQ(
      RowConfidences(LogitsOf<std::uint16_t>(DataType::kBf16, {1, 2}, {0x3f80, 0xc000}), 1)
          .value()[0]
          .confidence,
      expected);
}

TEST(ConfidenceTest, HalfPrecisionHasItsOddValues) {
  const auto confidence = [](std::uint16_t a, std::uint16_t b) {
    return RowConfidences(LogitsOf<std::uint16_t>(DataType::kFp16, {1, 2}, {a, b}), 1).value()[0];
  };
  EXPECT_FLOAT_EQ(confidence(0x7c00, 0).confidence, 1);  // infinity
  EXPECT_FALSE(confidence(0x7e00, 0).valid);             // NaN
  EXPECT_EQ(confidence(0x0001, 0).argmax, 0);            // the smallest subnormal is above 0
  EXPECT_EQ(confidence(0x8001, 0).argmax, 1);            // and below with its sign
  EXPECT_EQ(confidence(0x7bff, 0x7bfe).argmax, 0);       // 65504 and the one before it
}

TEST(ConfidenceTest, RefusesWhatIsNoLogits) {
  const Status type =
      RowConfidences(LogitsOf<std::int32_t>(DataType::kInt32, {1, 2}, {1, 2}), 1).status();
  EXPECT_EQ(type.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(type.message(), HasSubstr("\"logits\" is INT32, expected floating-point"));
  const Status size =
      RowConfidences(LogitsOf<float>(DataType::kFp32, {2, 2}, {1, 2, 3}), 1).status();
  EXPECT_EQ(size.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(size.message(), HasSubstr("12 bytes"));
  EXPECT_FALSE(RowConfidences(LogitsOf<float>(DataType::kFp32, {-1, -2}, {1, 2}), 1).ok());
}

TEST(ConfidenceTest, RowsWithoutClassesAreInvalid) {
  const auto none = RowConfidences(LogitsOf<float>(DataType::kFp32, {2, 0}, {}), 1);
  ASSERT_TRUE(none.ok());
  ASSERT_EQ(none->size(), 2u);
  EXPECT_FALSE((*none)[0].valid);
  EXPECT_TRUE(RowConfidences(LogitsOf<float>(DataType::kFp32, {0, 2}, {}), 1).value().empty());
}

}  // namespace
}  // namespace offramp
