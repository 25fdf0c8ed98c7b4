// What REST costs a gateway besides HTTP itself: parsing an infer request and writing its reply, as
// JSON and as binary tensors. The rows are images of 784 pixels, answers of 10 logits.
#include <string>

#include <benchmark/benchmark.h>

#include "offramp/base/random.h"
#include "offramp/base/text.h"
#include "offramp/gateway/rest_reply.h"
#include "offramp/gateway/rest_request.h"

namespace {

using namespace offramp;

constexpr int kPixels = 784;

Bundle Model() {
  Bundle model;
  model.name = "m";
  model.inputs = {{"image", DataType::kFp32, {-1, 1, 28, 28}}};
  model.outputs = {{"logits", DataType::kFp32, {-1, 10}}};
  return model;
}

std::string Head(std::int64_t rows) {
  return Format(R"({"id":"r","inputs":[{"name":"image","datatype":"FP32","shape":[%lld,1,28,28],)",
                static_cast<long long>(rows));
}

// Pixels are multiples of 1/255, as a client that scales images sends them.
std::string JsonRequest(std::int64_t rows) {
  Random random(1);
  std::string text = Head(rows) + "\"data\":[";
  for (std::int64_t i = 0; i < rows * kPixels; ++i) {
    if (i > 0) text += ',';
    text += Format("%.9g", static_cast<double>(static_cast<float>(random.Below(256)) / 255.0F));
  }
  return text + "]}]}";
}

void BM_ParseJson(benchmark::State& state) {
  const Bundle model = Model();
  const Buffer body = Buffer::CopyOf(JsonRequest(state.range(0)));
  RestRequestParser parser;
  for (auto _ : state) {
    auto infer = parser.Parse(model, body, std::nullopt);
    if (!infer.ok()) state.SkipWithError(infer.status().ToString().c_str());
    benchmark::DoNotOptimize(infer);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(BM_ParseJson)->Arg(1)->Arg(32)->Arg(128)->Unit(benchmark::kMicrosecond);

void BM_ParseBinary(benchmark::State& state) {
  const Bundle model = Model();
  const auto bytes = static_cast<std::size_t>(state.range(0)) * kPixels * sizeof(float);
  const std::string head =
      Head(state.range(0)) + Format(R"("parameters":{"binary_data_size":%zu}}]})", bytes);
  const Buffer body = Buffer::CopyOf(head + std::string(bytes, '\0'));
  RestRequestParser parser;
  for (auto _ : state) {
    auto infer = parser.Parse(model, body, head.size());
    if (!infer.ok()) state.SkipWithError(infer.status().ToString().c_str());
    benchmark::DoNotOptimize(infer);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(BM_ParseBinary)->Arg(1)->Arg(32)->Unit(benchmark::kMicrosecond);

void BM_Reply(benchmark::State& state) {
  const std::int64_t rows = state.range(0);
  const Bundle model = Model();
  InferenceReply reply;
  Tensor logits;
  logits.name = "logits";
  logits.shape = {rows, 10};
  Random random(1);
  std::string bytes;
  for (std::int64_t i = 0; i < rows * 10; ++i) {
    const auto value = static_cast<float>(random.Uniform() * 20 - 10);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  logits.data = Buffer::CopyOf(bytes);
  reply.outputs = {logits};
  reply.rows.assign(static_cast<std::size_t>(rows), {2, 0.9F});
  reply.path = "s1-a,s2-a";
  RestReplyPlan plan;
  plan.id = "r";
  plan.binary_by_default = state.range(1) != 0;
  for (auto _ : state) benchmark::DoNotOptimize(RestReply(plan, model, reply));
}
BENCHMARK(BM_Reply)
    ->ArgNames({"rows", "binary"})
    ->ArgsProduct({{1, 32}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
