// Stages on ONNX Runtime: results, ownership of bytes, refusal of unfit inputs.
#include "offramp/engine/onnx_engine.h"

#include <cstring>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/test_bundles.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<Engine> Load(const Bundle& bundle, int stage) {
  Result<std::unique_ptr<Engine>> engine = LoadOnnxEngine(bundle, stage, 1);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return engine.ok() ? *std::move(engine) : nullptr;
}

std::vector<Tensor> RunOk(Engine& engine, const std::vector<Tensor>& inputs) {
  Result<std::vector<Tensor>> outputs = engine.Run(inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs.ok() ? *std::move(outputs) : std::vector<Tensor>();
}

std::string ErrorOf(Engine& engine, const std::vector<Tensor>& inputs) {
  const Status status = engine.Run(inputs).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  return status.message();
}

TEST(OnnxEngineTest, ReturnsSendsThenTheExit) {
  const auto engine = Load(TinyBundle(), 1);
  EXPECT_THAT(engine->OutputNames(), ElementsAre("hidden1", "exit1_logits"));
  const std::vector<Tensor> outputs = RunOk(*engine, {Floats("x", 3, 8, 1)});
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[0].name, "hidden1");
  EXPECT_THAT(outputs[0].shape, ElementsAre(3, 8));
  EXPECT_EQ(outputs[0].datatype, DataType::kFp32);
  EXPECT_EQ(outputs[0].data.size(), 3u * 8 * 4);
  EXPECT_EQ(outputs[1].name, "exit1_logits");
  EXPECT_THAT(outputs[1].shape, ElementsAre(3, 4));
}

TEST(OnnxEngineTest, RowsOfABatchAreTasksOfTheirOwn) {
  const auto engine = Load(TinyBundle(), 1);
  const Tensor batch = Floats("x", 5, 8, 2);
  const std::vector<Tensor> together = RunOk(*engine, {batch});
  for (std::int64_t r = 0; r < 5; ++r) {
    const std::vector<Tensor> alone = RunOk(*engine, {SliceRows(batch, r, 1)});
    const std::vector<float> expected = ValuesOf(alone[1]);
    const std::vector<float> got = ValuesOf(SliceRows(together[1], r, 1));
    for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_NEAR(got[k], expected[k], 1e-5);
  }
}

TEST(OnnxEngineTest, StagesChain) {
  const Bundle bundle = TinyBundle();
  std::vector<Tensor> task = {Floats("x", 2, 8, 3)};
  for (int stage = 1; stage <= 3; ++stage) task = RunOk(*Load(bundle, stage), task);
  ASSERT_EQ(task.size(), 1u);
  EXPECT_EQ(task[0].name, "logits");
  EXPECT_THAT(task[0].shape, ElementsAre(2, 4));
}

TEST(OnnxEngineTest, TensorsThatTheFileOnlyReadsArePassedOnWithoutACopy) {
  const Bundle bundle = SkipBundle();
  const std::vector<Tensor> first = RunOk(*Load(bundle, 1), {Floats("x", 2, 8, 4)});
  const auto engine = Load(bundle, 2);
  EXPECT_THAT(engine->OutputNames(), ElementsAre("late", "early"));
  const std::vector<Tensor> second = RunOk(*engine, first);
  EXPECT_EQ(second[1].name, "early");
  EXPECT_EQ(second[1].data.data(), first[0].data.data());
  EXPECT_EQ(RunOk(*Load(bundle, 3), second)[0].name, "logits");
}

TEST(OnnxEngineTest, OtherTensorsOfTheTaskDoNotDisturb) {
  const auto engine = Load(TinyBundle(), 1);
  const Tensor x = Floats("x", 2, 8, 5);
  const std::vector<float> expected = ValuesOf(RunOk(*engine, {x})[1]);
  EXPECT_EQ(ValuesOf(RunOk(*engine, {Floats("other", 2, 3, 6), x})[1]), expected);
}

TEST(OnnxEngineTest, MisalignedInputsGiveTheSameAnswer) {
  const auto engine = Load(TinyBundle(), 1);
  const Tensor x = Floats("x", 2, 8, 7);
  std::vector<std::byte> padded(x.data.size() + 1);
  std::memcpy(padded.data() + 1, x.data.data(), x.data.size());
  Tensor odd = x;
  odd.data = Buffer::CopyOf(padded).Slice(1, x.data.size());
  ASSERT_FALSE(odd.data.IsAlignedTo(4));
  EXPECT_EQ(ValuesOf(RunOk(*engine, {odd})[1]), ValuesOf(RunOk(*engine, {x})[1]));
}

TEST(OnnxEngineTest, OutputsOwnTheirBytes) {
  auto engine = Load(TinyBundle(), 1);
  const Tensor a = Floats("x", 2, 8, 8);
  const Tensor b = Floats("x", 2, 8, 9);
  const std::vector<Tensor> first = RunOk(*engine, {a});
  const std::vector<float> kept = ValuesOf(first[0]);
  const std::vector<Tensor> second = RunOk(*engine, {b});
  EXPECT_NE(first[0].data.data(), second[0].data.data()) << "a later run must not reuse them";
  EXPECT_EQ(ValuesOf(first[0]), kept);
  engine.reset();
  EXPECT_EQ(ValuesOf(first[0]), kept) << "they outlive the engine";
  // The runtime's value is the owner: no copy was made, and any thread may be the last to hold it.
  EXPECT_NE(first[0].data.owner(), nullptr);
  std::thread([tensor = second[0]]() mutable { tensor = Tensor(); }).join();
}

TEST(OnnxEngineTest, InputsAreLetGoAfterTheCall) {
  const auto engine = Load(TinyBundle(), 1);
  auto values = std::make_shared<std::vector<float>>(8, 0.5F);
  const std::weak_ptr<std::vector<float>> watch = values;
  {
    const Tensor x{.name = "x",
                   .shape = {1, 8},
                   .data = Buffer(values, reinterpret_cast<const std::byte*>(values->data()), 32)};
    RunOk(*engine, {x});
  }
  values.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(OnnxEngineTest, UnfitInputsAreRefusedAndTheEngineGoesOn) {
  const auto engine = Load(TinyBundle(), 1);
  EXPECT_EQ(ErrorOf(*engine, {}), "there is no tensor, expected inputs");
  EXPECT_EQ(ErrorOf(*engine, {Floats("y", 1, 8, 1)}), "tensor \"x\" is missing");
  EXPECT_EQ(ErrorOf(*engine, {Floats("x", 1, 7, 1)}),
            "tensor \"x\" has the shape [1, 7], expected [-1, 8]");
  EXPECT_EQ(ErrorOf(*engine, {Floats("x", 0, 8, 1)}),
            "tensor \"x\" has 0 rows, expected as many as the first one, at least one");
  EXPECT_EQ(ErrorOf(*engine, {Floats("x", 1, 8, 1), Floats("y", 2, 8, 1)}),
            "tensor \"y\" has 2 rows, expected as many as the first one, at least one");
  Tensor other = Floats("x", 1, 8, 1);
  other.datatype = DataType::kInt32;
  EXPECT_EQ(ErrorOf(*engine, {other}), "tensor \"x\" is INT32, expected FP32");
  Tensor rank = Floats("x", 1, 8, 1);
  rank.shape = {1, 8, 1};
  EXPECT_EQ(ErrorOf(*engine, {rank}), "tensor \"x\" has the shape [1, 8, 1], expected [-1, 8]");
  Tensor torn = Floats("x", 2, 8, 1);
  torn.data = torn.data.Slice(0, 63);
  EXPECT_EQ(ErrorOf(*engine, {torn}),
            "tensor \"x\" has 63 bytes, which do not fit its shape [2, 8]");
  RunOk(*engine, {Floats("x", 1, 8, 1)});
}

TEST(OnnxEngineTest, AFailureOfTheRuntimeIsInternalAndTheEngineGoesOn) {
  const auto engine = Load(SingleStage("negative_gather", {"x", "index"}, "y"), 1);
  const std::vector<std::int64_t> far = {100, 0, 0, 0};
  const std::vector<std::int64_t> near = {3, 2, 1, 0};
  const auto index = [](const std::vector<std::int64_t>& values) {
    return Tensor{.name = "index",
                  .datatype = DataType::kInt64,
                  .shape = {1, 4},
                  .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
  };
  const Tensor x = Floats("x", 1, 4, 1);
  const Status status = engine->Run({x, index(far)}).status();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("ONNX Runtime: "));
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
  const std::vector<float> values = ValuesOf(x);
  EXPECT_THAT(ValuesOf(RunOk(*engine, {x, index(near)})[0]),
              ElementsAre(values[3], values[2], values[1], values[0]));
}

// Another replica would say the same, and the client can do better next time.
TEST(OnnxEngineTest, AWordBeyondTheVocabularyIsTheClientsFaultAndFailsTheCall) {
  const auto engine = Load(SingleStage("embedding", {"word"}, "y"), 1);
  const auto words = [](const std::vector<std::int64_t>& values) {
    return Tensor{.name = "word",
                  .datatype = DataType::kInt64,
                  .shape = {static_cast<std::int64_t>(values.size())},
                  .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
  };
  const Status status = engine->Run({words({1, 7, 2})}).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("idx=7"));
  EXPECT_THAT(ValuesOf(RunOk(*engine, {words({2})})[0]), ElementsAre(8, 9, 10, 11));
}

TEST(OnnxEngineTest, PlainOutputsAndOtherDatatypes) {
  Bundle bundle = SingleStage("types", {"a_in", "b_in", "c_in"}, "b_out");
  bundle.outputs = {{.name = "a_out", .datatype = DataType::kInt64, .shape = {-1, 2}},
                    {.name = "another_stages", .shape = {-1, 2}},
                    {.name = "b_out", .datatype = DataType::kFp16, .shape = {-1, 3}}};
  const auto engine = Load(bundle, 1);
  EXPECT_THAT(engine->OutputNames(), ElementsAre("b_out", "a_out"));
  const std::vector<std::uint8_t> bytes = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                           12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22};
  const Buffer buffer = Buffer::CopyOf(std::as_bytes(std::span(bytes)));
  const std::vector<Tensor> outputs = RunOk(
      *engine,
      {{.name = "a_in", .datatype = DataType::kInt64, .shape = {1, 2}, .data = buffer.Slice(0, 16)},
       {.name = "b_in", .datatype = DataType::kFp16, .shape = {1, 3}, .data = buffer.Slice(16, 6)},
       {.name = "c_in",
        .datatype = DataType::kUint8,
        .shape = {1, 5},
        .data = buffer.Slice(3, 5)}});
  EXPECT_EQ(outputs[0].data.text(), buffer.Slice(16, 6).text());
  EXPECT_EQ(outputs[0].datatype, DataType::kFp16);
  EXPECT_EQ(outputs[1].data.text(), buffer.Slice(0, 16).text());
  EXPECT_EQ(outputs[1].datatype, DataType::kInt64);
}

}  // namespace
}  // namespace offramp
