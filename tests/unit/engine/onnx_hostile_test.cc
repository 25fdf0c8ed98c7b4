// Files that are damaged, foreign or do not fit the bundle: a Status that says so, never a crash.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/engine/engine.h"
#include "offramp/model/digest.h"
#include "tests/unit/engine/test_bundles.h"

namespace offramp {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Status LoadError(const Bundle& bundle, int stage = 1) {
  const Status status = LoadEngine(bundle, stage, {}).status();
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
  return status;
}

// The refusal of tests/data/onnx/<name>.onnx as the only stage.
std::string Refusal(const std::string& name) {
  const Status status = LoadError(SingleStage(name, {"x"}, "y"));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  const std::string place = "tests/data/onnx/" + name + ".onnx: ";
  EXPECT_THAT(status.message(), StartsWith(place));
  return status.message().substr(std::min(place.size(), status.message().size()));
}

class DamagedFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bundle_ = TinyBundle();
    std::ifstream file("tests/data/tiny/stage1.onnx", std::ios::binary);
    sound_.assign(std::istreambuf_iterator<char>(file), {});
    bundle_.folder = ::testing::TempDir() + "damaged_" +
                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(bundle_.folder);
  }
  void TearDown() override { std::filesystem::remove_all(bundle_.folder); }

  // Loads `bytes` as stage 1, the bundle agreeing with them.
  Status LoadBytes(const std::string& bytes) {
    std::ofstream(bundle_.folder + "/stage1.onnx", std::ios::binary | std::ios::trunc) << bytes;
    bundle_.stages[0].sha256 = Sha256Hex(bytes);
    return LoadError(bundle_);
  }

  Bundle bundle_;
  std::string sound_;
};

TEST_F(DamagedFileTest, TheSoundOneLoads) { EXPECT_TRUE(LoadBytes(sound_).ok()); }

TEST_F(DamagedFileTest, TornFilesAreRefused) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{20}, sound_.size() / 2, sound_.size() - 1}) {
    const Status status = LoadBytes(sound_.substr(0, size));
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << size;
    EXPECT_THAT(status.message(), StartsWith(bundle_.folder + "/stage1.onnx: ")) << size;
  }
}

TEST_F(DamagedFileTest, GarbageIsRefused) {
  Random random(1);
  for (const std::size_t size : {10, 1000, 100'000}) {
    std::string garbage(size, '\0');
    for (char& c : garbage) c = static_cast<char>(random.Bits());
    EXPECT_EQ(LoadBytes(garbage).code(), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(LoadBytes("version: 1\nname: not a model\n").code(), StatusCode::kInvalidArgument);
}

TEST_F(DamagedFileTest, FlippedBytesNeverCrash) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    std::string bytes = sound_;
    for (int k = 0; k < 3; ++k) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Bits());
    }
    const Status status = LoadBytes(bytes);  // flips within the weights leave a sound model
    EXPECT_TRUE(status.ok() || status.code() == StatusCode::kInvalidArgument) << status;
  }
}

TEST_F(DamagedFileTest, AnotherDigestIsRefusedBeforeAnythingIsRead) {
  ASSERT_TRUE(LoadBytes(sound_).ok());
  bundle_.stages[0].sha256 = Sha256Hex("other");
  const Status status = LoadError(bundle_);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), bundle_.folder + "/stage1.onnx: has SHA-256 " + Sha256Hex(sound_) +
                                  ", expected " + Sha256Hex("other") + " as bundle.yaml says");
}

TEST_F(DamagedFileTest, AMissingFileIsNamed) {
  const Status status = LoadError(bundle_);
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.message(), bundle_.folder + "/stage1.onnx: there is no such file");
}

TEST(FixedBatchTest, RowsRunOneByOneWhereTheFileTakesNoMore) {
  const auto engine = LoadEngine(SingleStage("fixed_batch", {"x"}, "y"), 1, {});
  ASSERT_TRUE(engine.ok()) << engine.status();
  const float numbers[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  Tensor x{.name = "x", .datatype = DataType::kFp32, .shape = {3, 4}};
  x.data = Buffer::CopyOf(std::as_bytes(std::span(numbers)));
  const auto y = (*engine)->Run({x});
  ASSERT_TRUE(y.ok()) << y.status();
  EXPECT_EQ(y->front().shape, x.shape);
  std::vector<float> passed(12);
  std::memcpy(passed.data(), y->front().data.data(), sizeof numbers);
  EXPECT_THAT(passed, ::testing::ElementsAreArray(numbers));
}

TEST(UnfitModelTest, EveryTensorHasABatchAxis) {
  EXPECT_EQ(Refusal("no_batch"), "tensor \"y\" is a single number, expected a batch axis");
}

TEST(UnfitModelTest, TextCannotBeSent) {
  EXPECT_EQ(Refusal("text"), "tensor \"x\" has a type that cannot be sent");
}

TEST(UnfitModelTest, RowsComeOutAsTheyWentIn) {
  EXPECT_EQ(Refusal("doubles_rows"),
            "a row of zeros does not pass: tensor \"y\" came out as [2, 4], "
            "expected 1 rows");
}

TEST(UnfitModelTest, TensorsHaveTheBundlesNames) {
  Bundle bundle = TinyBundle();
  bundle.stages[0].receives = {"image"};
  EXPECT_THAT(LoadError(bundle).message(),
              EndsWith("stage1.onnx: tensor \"image\" is no input of the file, expected one of x"));
  bundle = TinyBundle();
  bundle.stages[0].sends = {"hidden9"};
  EXPECT_THAT(LoadError(bundle).message(),
              EndsWith("tensor \"hidden9\" is no output of the file, expected one of hidden1, "
                       "exit1_logits"));
  bundle = TinyBundle();
  bundle.stages[0].exit = "logits";
  EXPECT_THAT(LoadError(bundle).message(), HasSubstr("tensor \"logits\" is no output of the file"));
  bundle = SkipBundle();
  bundle.stages[2].receives = {"late"};
  EXPECT_THAT(LoadError(bundle, 3).message(),
              EndsWith("tensor \"early\" is an input of the file, but the stage receives only "
                       "late"));
}

TEST(UnfitModelTest, TensorsHaveTheBundlesTypesAndShapes) {
  Bundle bundle = TinyBundle();
  bundle.inputs[0].shape = {-1, 9};
  EXPECT_THAT(LoadError(bundle).message(),
              EndsWith("tensor \"x\" is FP32 [-1, 8], expected FP32 [-1, 9] as the bundle says"));
  bundle.inputs[0] = {.name = "x", .datatype = DataType::kFp16, .shape = {-1, 8}};
  EXPECT_THAT(LoadError(bundle).message(),
              EndsWith("tensor \"x\" is FP32 [-1, 8], expected FP16 [-1, 8] as the bundle says"));
  bundle = TinyBundle();
  bundle.outputs[0].shape = {-1, 5};
  EXPECT_THAT(
      LoadError(bundle).message(),
      EndsWith(
          "tensor \"exit1_logits\" is FP32 [-1, 4], expected FP32 [-1, 5] as the bundle says"));
  bundle.outputs[0].shape = {-1, 4, 1};
  EXPECT_EQ(LoadError(bundle).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace offramp
