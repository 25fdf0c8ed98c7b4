#include "tests/unit/engine/test_bundles.h"

#include <cstring>
#include <span>

#include "offramp/base/random.h"
#include "offramp/model/digest.h"

namespace offramp {

namespace {

BundleStage Stage(const std::string& folder, const std::string& file,
                  std::vector<std::string> receives, std::vector<std::string> sends,
                  const std::string& exit) {
  BundleStage stage;
  stage.file = file;
  stage.sha256 = FileSha256(folder + "/" + file).value();
  stage.receives = std::move(receives);
  stage.sends = std::move(sends);
  stage.exit = exit;
  stage.gflops = 1e-6;
  stage.output_bytes = 32;
  return stage;
}

Bundle Named(const std::string& folder) {
  Bundle bundle;
  bundle.folder = folder;
  bundle.name = "test";
  bundle.inputs = {{.name = "x", .shape = {-1, 8}}};
  bundle.outputs = {{.name = "logits", .shape = {-1, 4}}};
  return bundle;
}

}  // namespace

Bundle TinyBundle() {
  Bundle bundle = Named("tests/data/tiny");
  const std::string& folder = bundle.folder;
  bundle.stages = {Stage(folder, "stage1.onnx", {"x"}, {"hidden1"}, "exit1_logits"),
                   Stage(folder, "stage2.onnx", {"hidden1"}, {"hidden2"}, "exit2_logits"),
                   Stage(folder, "stage3.onnx", {"hidden2"}, {}, "logits")};
  return bundle;
}

Bundle SkipBundle() {
  Bundle bundle = Named("tests/data/skip");
  const std::string& folder = bundle.folder;
  bundle.stages = {Stage(folder, "stage1.onnx", {"x"}, {"early"}, ""),
                   Stage(folder, "stage2.onnx", {"early"}, {"late", "early"}, ""),
                   Stage(folder, "stage3.onnx", {"late", "early"}, {}, "logits")};
  return bundle;
}

Bundle SingleStage(const std::string& name, std::vector<std::string> receives,
                   const std::string& exit) {
  Bundle bundle = Named("tests/data/onnx");
  bundle.inputs.clear();
  bundle.outputs[0].name = exit;
  bundle.stages = {Stage(bundle.folder, name + ".onnx", std::move(receives), {}, exit)};
  return bundle;
}

Tensor Floats(const std::string& name, std::int64_t rows, std::int64_t columns, int seed) {
  Random random(static_cast<std::uint64_t>(seed));
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  for (float& value : values) value = static_cast<float>(2 * random.Uniform() - 1);
  return {.name = name,
          .datatype = DataType::kFp32,
          .shape = {rows, columns},
          .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

std::vector<float> ValuesOf(const Tensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

}  // namespace offramp
