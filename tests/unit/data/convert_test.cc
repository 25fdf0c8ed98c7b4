#include "offramp/data/convert.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using testing::HasSubstr;

// Converts `from`; the reason for a refusal goes to `why`.
template <typename To, typename From>
std::vector<To> Convert(DataType from_type, const std::vector<From>& from, DataType to_type,
                        std::string* why, const Normalisation& normalisation = {}) {
  std::vector<To> to(from.size());
  const auto count = static_cast<std::int64_t>(from.size());
  const auto bad = ConvertElements(reinterpret_cast<const std::byte*>(from.data()), from_type,
                                   reinterpret_cast<std::byte*>(to.data()), to_type, count, count,
                                   normalisation);
  *why = bad ? std::to_string(bad->index) + " " + bad->what : "";
  return to;
}

TEST(Convert, BytesBecomeFloatsAsTheyAreOrScaled) {
  std::string why;
  const std::vector<std::uint8_t> bytes = {0, 51, 255};
  EXPECT_EQ(Convert<float>(DataType::kUint8, bytes, DataType::kFp32, &why),
            (std::vector<float>{0, 51, 255}));
  const auto scaled =
      Convert<float>(DataType::kUint8, bytes, DataType::kFp32, &why, {.scale = 1.0 / 255});
  EXPECT_THAT(scaled, testing::Pointwise(testing::FloatEq(), std::vector<float>{0, 0.2F, 1}));
}

TEST(Convert, ChannelsHaveTheirOwnMeanAndDeviation) {
  std::string why;
  const Normalisation planes{.mean = {1, 10}, .std = {2, 4}, .channels = 2, .channel_run = 2};
  EXPECT_EQ(Convert<float>(DataType::kUint8, std::vector<std::uint8_t>{1, 3, 10, 30},
                           DataType::kFp32, &why, planes),
            (std::vector<float>{0, 1, 0, 5}));
  const Normalisation interleaved{.mean = {1, 10}, .std = {2, 4}, .channels = 2, .channel_run = 1};
  EXPECT_EQ(Convert<double>(DataType::kFp32, std::vector<float>{1, 10, 3, 30}, DataType::kFp64,
                            &why, interleaved),
            (std::vector<double>{0, 0, 1, 5}));
}

TEST(Convert, IntegersKeepTheirValue) {
  std::string why;
  const std::int64_t large = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(Convert<std::int64_t>(DataType::kUint64,
                                  std::vector<std::uint64_t>{static_cast<std::uint64_t>(large)},
                                  DataType::kInt64, &why),
            std::vector<std::int64_t>{large});
  EXPECT_EQ(why, "");
  Convert<std::int64_t>(DataType::kUint64, std::vector<std::uint64_t>{1, ~std::uint64_t{0}},
                        DataType::kInt64, &why);
  EXPECT_THAT(why, HasSubstr("1 is 18446744073709551615, expected INT64"));
  Convert<std::uint8_t>(DataType::kInt32, std::vector<std::int32_t>{-1}, DataType::kUint8, &why);
  EXPECT_THAT(why, HasSubstr("is -1, expected UINT8: 0 to 255"));
  Convert<std::int32_t>(DataType::kFp32, std::vector<float>{2, 2.5F}, DataType::kInt32, &why);
  EXPECT_THAT(why, HasSubstr("1 is 2.5, expected an integer"));
  Convert<float>(DataType::kInt32, std::vector<std::int32_t>{1 << 24, (1 << 24) + 1},
                 DataType::kFp32, &why);
  EXPECT_THAT(why, HasSubstr("1 is 16777217, which FP32 does not hold exactly"));
}

TEST(Convert, NotANumberAndInfinityAreRefused) {
  std::string why;
  Convert<float>(DataType::kFp32, std::vector<float>{1, NAN}, DataType::kFp32, &why);
  EXPECT_EQ(why, "1 is NaN, expected a finite number");
  Convert<float>(DataType::kFp64, std::vector<double>{HUGE_VAL}, DataType::kFp32, &why);
  EXPECT_THAT(why, HasSubstr("is infinite"));
  Convert<float>(DataType::kFp64, std::vector<double>{1e300}, DataType::kFp32, &why);
  EXPECT_THAT(why, HasSubstr("more than FP32 holds"));
}

TEST(Convert, HalvesGoThereAndBack) {
  std::string why;
  const std::vector<float> values = {
      0, 1, -2.5F, 65504, 6.103515625e-05F, 5.9604644775390625e-08F, 0.333251953125F};
  const auto halves = Convert<std::uint16_t>(DataType::kFp32, values, DataType::kFp16, &why);
  EXPECT_EQ(halves, (std::vector<std::uint16_t>{0, 0x3c00, 0xc100, 0x7bff, 0x0400, 1, 0x3555}));
  EXPECT_EQ(Convert<float>(DataType::kFp16, halves, DataType::kFp32, &why), values);
  Convert<std::uint16_t>(DataType::kFp32, std::vector<float>{65536}, DataType::kFp16, &why);
  EXPECT_THAT(why, HasSubstr("more than FP16 holds"));
  // A tie goes to the even neighbour, and a carry into the exponent.
  EXPECT_EQ(Convert<std::uint16_t>(DataType::kFp32, std::vector<float>{2049, 2051, 4095.5F},
                                   DataType::kFp16, &why),
            (std::vector<std::uint16_t>{0x6800, 0x6802, 0x6c00}));
}

}  // namespace
}  // namespace offramp
