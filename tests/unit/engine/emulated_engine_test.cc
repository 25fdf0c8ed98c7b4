#include "offramp/engine/emulated_engine.h"

#include <cstring>
#include <map>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/model/confidence.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Three stages, exits at 1 and 2, ten classes, a profile of five rows. No file is there.
Bundle EmulatedBundle() {
  Bundle bundle;
  bundle.name = "m";
  bundle.inputs = {{.name = "image", .shape = {-1, 16}}};
  bundle.outputs = {{.name = "logits", .shape = {-1, 10}}};
  bundle.stages.resize(3);
  bundle.stages[0] = {.file = "none.onnx",
                      .receives = {"image"},
                      .sends = {"h", "skip"},
                      .exit = "e1",
                      .temperature = 1.7,
                      .gflops = 1,
                      .output_bytes = 100};
  bundle.stages[1] = {.file = "none.onnx",
                      .receives = {"skip"},
                      .sends = {"g"},
                      .exit = "e2",
                      .temperature = 0.6,
                      .gflops = 1,
                      .output_bytes = 40};
  bundle.stages[2] = {.file = "none.onnx", .receives = {"g"}, .exit = "logits", .gflops = 1};
  bundle.profile = std::make_shared<const ExitProfile>(
      std::vector<std::vector<float>>{
          {0.3F, 0.55F, 0.99F, 1.0F, 0.12F}, {0.6F, 0.8F, 0.999F, 0.5F, 0.2F}, {}},
      std::vector<std::vector<float>>{{0, 1, 1, 1, 0}, {1, 1, 1, 0, 0}, {1, 1, 1, 1, 0}});
  return bundle;
}

std::unique_ptr<Engine> Make(const Bundle& bundle, int stage) {
  return MakeEmulatedEngine(bundle, stage).value();
}

// Rows of images that all differ.
Tensor Images(std::int64_t rows, int seed) {
  std::vector<float> values(static_cast<std::size_t>(rows) * 16);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i) + static_cast<float>(seed) * 1000;
  }
  return {.name = "image",
          .shape = {rows, 16},
          .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

float FirstElement(const Tensor& tensor, std::int64_t row) {
  float value = 0;
  std::memcpy(&value, SliceRows(tensor, row, 1).data.data(), sizeof value);
  return value;
}

TEST(EmulatedEngineTest, OutputsHaveTheSizesOfTheBundle) {
  const auto engine = Make(EmulatedBundle(), 1);
  EXPECT_THAT(engine->OutputNames(), ElementsAre("h", "skip", "e1"));
  const std::vector<Tensor> outputs = engine->Run({Images(3, 1)}).value();
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_THAT(outputs[0].shape, ElementsAre(3, 13));  // 25 floats of a task over two tensors
  EXPECT_THAT(outputs[1].shape, ElementsAre(3, 12));
  EXPECT_EQ(outputs[0].data.size() + outputs[1].data.size(), 300u);
  EXPECT_THAT(outputs[2].shape, ElementsAre(3, 10));
}

TEST(EmulatedEngineTest, ATaskIsTheSameProfileRowAtEveryStage) {
  const Bundle bundle = EmulatedBundle();
  const auto first = Make(bundle, 1)->Run({Images(20, 2)}).value();
  const auto second = Make(bundle, 2)->Run(first).value();
  const auto third = Make(bundle, 3)->Run(second).value();
  const auto at1 = RowConfidences(first[2], bundle.stage(1).temperature).value();
  const auto at2 = RowConfidences(second[1], bundle.stage(2).temperature).value();
  std::map<int, int> seen;
  for (std::int64_t r = 0; r < 20; ++r) {
    const auto i = static_cast<std::size_t>(r);
    const auto row = static_cast<std::size_t>(FirstElement(first[0], r));
    ASSERT_LT(row, 5u);
    ++seen[static_cast<int>(row)];
    EXPECT_EQ(FirstElement(first[1], r), FirstElement(first[0], r));
    EXPECT_EQ(FirstElement(second[0], r), FirstElement(first[0], r));
    EXPECT_NEAR(at1[i].confidence, bundle.profile->confidence(1)[row], 1e-5);
    EXPECT_NEAR(at2[i].confidence, bundle.profile->confidence(2)[row], 1e-5);
    const bool right1 = bundle.profile->correct(1)[row] > 0;
    const bool right3 = bundle.profile->correct(3)[row] > 0;
    EXPECT_EQ(at1[i].argmax == static_cast<int>(row % 10), right1);
    EXPECT_EQ(
        MaxSoftmax(std::span(reinterpret_cast<const float*>(third[0].data.data()) + r * 10, 10), 1)
                .argmax == static_cast<int>(row % 10),
        right3);
  }
  EXPECT_GE(seen.size(), 3u) << "different inputs are different rows";
}

TEST(EmulatedEngineTest, TheSameInputIsTheSameTaskInAnyBatchAndOnAnyNode) {
  const Bundle bundle = EmulatedBundle();
  const Tensor images = Images(6, 3);
  const auto together = Make(bundle, 1)->Run({images}).value();
  for (std::int64_t r = 0; r < 6; ++r) {
    const auto alone = Make(bundle, 1)->Run({SliceRows(images, r, 1)}).value();
    EXPECT_EQ(FirstElement(alone[0], 0), FirstElement(together[0], r));
  }
}

TEST(EmulatedEngineTest, WithoutAProfileEveryExitIsHalfSure) {
  Bundle bundle = EmulatedBundle();
  bundle.profile = nullptr;
  const auto outputs = Make(bundle, 1)->Run({Images(1, 4)}).value();
  EXPECT_NEAR(RowConfidences(outputs[2], bundle.stage(1).temperature).value()[0].confidence, 0.5,
              1e-5);
}

TEST(EmulatedEngineTest, ForeignTensorsDoNotLeadAstray) {
  const auto engine = Make(EmulatedBundle(), 2);
  for (const float carried : {-1.0F, 5.0F, 1e30F, std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::infinity()}) {
    const std::vector<float> values = {carried, 0};
    const auto outputs = engine->Run({{.name = "skip",
                                       .shape = {1, 2},
                                       .data = Buffer::CopyOf(std::as_bytes(std::span(values)))}});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_LT(FirstElement((*outputs)[0], 0), 5);
  }
  EXPECT_EQ(engine
                ->Run({{.name = "skip",
                        .datatype = DataType::kUint8,
                        .shape = {1, 1},
                        .data = Buffer::CopyOf("x")}})
                .status()
                .message(),
            "tensor \"skip\" carries no profile row");
  EXPECT_EQ(engine->Run({Images(1, 1)}).status().message(), "tensor \"skip\" is missing");
}

TEST(EmulatedEngineTest, OnlyClassifiersCanBeEmulated) {
  Bundle bundle = EmulatedBundle();
  bundle.outputs[0].datatype = DataType::kFp16;
  const Status status = MakeEmulatedEngine(bundle, 1).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("the answer \"logits\" cannot be emulated"));
  bundle.outputs[0] = {.name = "logits", .shape = {-1, -1}};
  EXPECT_FALSE(MakeEmulatedEngine(bundle, 1).ok());
}

}  // namespace
}  // namespace offramp
