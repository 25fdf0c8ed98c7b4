#include "offramp/cli/load/request_data.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace offramp {
namespace {

ServedModel ModelOf(DataType type, std::vector<std::int64_t> shape) {
  ServedModel model;
  model.name = "m";
  model.inputs = {{"image", type, std::move(shape)}};
  model.answer = "logits";
  return model;
}

// Two images of 1 x 2 pixels with the labels 1 and 0.
std::string SmallTestSet() {
  const std::string folder = testing::TempDir() + "/request_data";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/t10k-images-idx3-ubyte", std::ios::binary)
      << std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02\xff\x00\x33\x66", 20);
  std::ofstream(folder + "/t10k-labels-idx1-ubyte", std::ios::binary)
      << std::string("\0\0\x08\x01\0\0\0\x02\x01\x00", 10);
  return folder;
}

std::string Floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TEST(RequestData, ImagesBecomeUnitFloatsAndGoRound) {
  const auto data = RequestData::Images(ModelOf(DataType::kFp32, {-1, 1, 1, 2}), SmallTestSet());
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->samples(), 2);
  EXPECT_EQ(data->Shape(0, 3), (std::vector<std::int64_t>{3, 1, 1, 2}));
  EXPECT_EQ(data->Raw(0, 1, 2), Floats({0.2F, 0.4F, 1.0F, 0.0F}));
}

TEST(RequestData, ByteModelsGetPixelsAsTheyAre) {
  const auto data = RequestData::Images(ModelOf(DataType::kUint8, {-1, 2}), SmallTestSet());
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->Raw(0, 0, 1), std::string("\xff\x00", 2));
}

TEST(RequestData, ImagesMustFitTheModel) {
  for (const ServedModel& model :
       {ModelOf(DataType::kFp32, {-1, 3}), ModelOf(DataType::kFp64, {-1, 2})}) {
    const auto data = RequestData::Images(model, SmallTestSet());
    ASSERT_FALSE(data.ok());
    EXPECT_NE(data.status().message().find("--data random"), std::string::npos);
  }
}

TEST(RequestData, CorrectRowsAreThoseWhoseLargestEntryIsTheLabel) {
  const auto data = RequestData::Images(ModelOf(DataType::kFp32, {-1, 2}), SmallTestSet());
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->CountCorrect(Floats({-2, 5, 3, 1}), 0, 2), 2);  // labels 1, 0
  EXPECT_EQ(data->CountCorrect(Floats({-2, 5, 1, 3}), 0, 2), 1);
  EXPECT_EQ(data->CountCorrect(Floats({-5, -9}), 1, 1), 1);  // all negative
  EXPECT_EQ(data->CountCorrect("abc", 0, 1), std::nullopt);  // no floats
  EXPECT_EQ(data->CountCorrect("", 0, 1), std::nullopt);
}

TEST(RequestData, RandomRowsComeFromTheSeed) {
  const ServedModel model = ModelOf(DataType::kFp32, {-1, 4});
  Random a(1);
  Random b(1);
  Random c(2);
  const auto first = RequestData::Random(model, 8, a);
  const auto same = RequestData::Random(model, 8, b);
  const auto other = RequestData::Random(model, 8, c);
  ASSERT_TRUE(first.ok() && same.ok() && other.ok());
  EXPECT_EQ(first->Raw(0, 0, 8), same->Raw(0, 0, 8));
  EXPECT_NE(first->Raw(0, 0, 8), other->Raw(0, 0, 8));
  EXPECT_EQ(first->Raw(0, 0, 8).size(), 8 * 4 * sizeof(float));
  EXPECT_EQ(first->CountCorrect(Floats({1, 2}), 0, 1), -1);  // no labels
}

TEST(RequestData, TextAndHugeInputsCannotBeRandom) {
  Random random(1);
  EXPECT_FALSE(RequestData::Random(ModelOf(DataType::kBytes, {-1, 1}), 1, random).ok());
  EXPECT_FALSE(RequestData::Random(ModelOf(DataType::kFp32, {-1, 1 << 30}), 1, random).ok());
}

}  // namespace
}  // namespace offramp
