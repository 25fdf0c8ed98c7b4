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

ServedModel TextModel() {
  ServedModel model = ModelOf(DataType::kBytes, {-1, 1});
  model.tells_label = true;
  return model;
}

std::string Framed(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) {
    const auto length = static_cast<std::uint32_t>(text.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
    bytes += text;
  }
  return bytes;
}

std::string LinesFile(const std::string& text) {
  const std::string path = testing::TempDir() + "/request_data_lines.txt";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(RequestData, LinesAreSentAsBytesAndJudgedByTheirLabels) {
  const auto data = RequestData::Lines(TextModel(), LinesFile("one\tcat\r\n\nand two\tdog\n"));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->samples(), 2);
  EXPECT_EQ(data->Shape(0, 3), (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(data->Raw(0, 1, 2), Framed({"and two", "one"}));
  EXPECT_TRUE(data->named_labels());
  EXPECT_EQ(data->CountNamed(Framed({"dog", "dog", "dog"}), 1, 3), 2);
  EXPECT_EQ(data->CountNamed(Framed({"dog"}), 1, 2), std::nullopt);
  EXPECT_EQ(data->CountNamed(Framed({"dog", "cat"}), 1, 1), std::nullopt);
}

TEST(RequestData, LinesWithoutLabelsHaveNoAccuracy) {
  const auto data = RequestData::Lines(TextModel(), LinesFile("one\ntwo"));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE(data->labelled());
  ServedModel mute = TextModel();
  mute.tells_label = false;
  EXPECT_FALSE(RequestData::Lines(mute, LinesFile("one\tcat\n"))->labelled());
}

TEST(RequestData, LinesThatDoNotFitAreRefused) {
  const auto message = [](const ServedModel& model, const std::string& text) {
    return RequestData::Lines(model, LinesFile(text)).status().message();
  };
  EXPECT_NE(message(TextModel(), "a\tx\nb\n").find(":2: has no label"), std::string::npos);
  EXPECT_NE(message(TextModel(), "a\nb\tx\n").find(":2: has a label"), std::string::npos);
  EXPECT_NE(message(TextModel(), "\n").find("holds no text"), std::string::npos);
  EXPECT_NE(message(ModelOf(DataType::kFp32, {-1, 2}), "a\n").find("takes no text"),
            std::string::npos);
  EXPECT_EQ(RequestData::Lines(TextModel(), "/nowhere").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace offramp
