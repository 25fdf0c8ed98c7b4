#include "offramp/files/bundle_write.h"

#include <charconv>

#include "offramp/base/text.h"

namespace offramp {

namespace {

// The shortest text that reads as the same value.
std::string Number(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

// Always quoted: a tensor may be called 12, no or a:b.
std::string Quoted(const std::string& text) { return "'" + Join(Split(text, '\''), "''") + "'"; }

std::string List(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(Quoted(name));
  return "[" + Join(quoted) + "]";
}

std::string Specs(const std::vector<TensorSpec>& specs) {
  std::string text;
  for (const TensorSpec& spec : specs) {
    std::vector<std::string> extents;
    for (const std::int64_t extent : spec.shape) extents.push_back(std::to_string(extent));
    text += "  - {name: " + Quoted(spec.name) +
            ", datatype: " + std::string(DataTypeName(spec.datatype)) + ", shape: [" +
            Join(extents) + "]}\n";
  }
  return text;
}

std::string StageText(const BundleStage& stage) {
  std::string text = "  - file: " + Quoted(stage.file) + "\n    sha256: " + stage.sha256 + "\n";
  if (!stage.data.empty()) {
    text += "    data: " + Quoted(stage.data) + "\n    data_sha256: " + stage.data_sha256 + "\n";
  }
  text += "    receives: " + List(stage.receives) + "\n    sends: " + List(stage.sends) + "\n";
  if (!stage.exit.empty()) text += "    exit: " + Quoted(stage.exit) + "\n";
  if (stage.temperature != 1) text += "    temperature: " + Number(stage.temperature) + "\n";
  text += "    gflops: " + Number(stage.gflops) + "\n";
  if (stage.output_bytes > 0) {
    text += "    output_bytes: " + std::to_string(stage.output_bytes) + "\n";
  }
  text += "    memory_bytes: " + std::to_string(stage.memory_bytes) + "\n";
  if (stage.gflops_per_s > 0) text += "    gflops_per_s: " + Number(stage.gflops_per_s) + "\n";
  return text;
}

}  // namespace

std::string BundleYamlText(const Bundle& bundle, const std::string& labels,
                           const std::string& exit_profile) {
  std::string text = "version: 1\nname: " + Quoted(bundle.name) + "\ninputs:\n" +
                     Specs(bundle.inputs) + "outputs:\n" + Specs(bundle.outputs);
  if (!labels.empty()) text += "labels: " + Quoted(labels) + "\n";
  if (!exit_profile.empty()) text += "exit_profile: " + Quoted(exit_profile) + "\n";
  if (bundle.tokenizer) {
    const BundleTokenizer& tokenizer = *bundle.tokenizer;
    text += "tokenizer:\n  file: " + Quoted(tokenizer.file) + "\n  sha256: " + tokenizer.sha256 +
            "\n  input: " + Quoted(tokenizer.input) + "\n  ids: " + Quoted(tokenizer.ids) +
            "\n  mask: " + Quoted(tokenizer.mask) + "\n";
    if (!tokenizer.types.empty()) text += "  types: " + Quoted(tokenizer.types) + "\n";
    text += "  max_tokens: " + std::to_string(tokenizer.max_tokens) + "\n";
  }
  if (bundle.service_histogram) {
    const auto list = [](const std::vector<double>& values) {
      std::vector<std::string> numbers;
      for (const double value : values) numbers.push_back(Number(value));
      return "[" + Join(numbers) + "]";
    };
    text += "service_histogram:\n  edges: " + list(bundle.service_histogram->edges()) +
            "\n  weights: " + list(bundle.service_histogram->weights()) + "\n";
  }
  text += "stages:\n";
  for (const BundleStage& stage : bundle.stages) text += StageText(stage);
  return text;
}

}  // namespace offramp
