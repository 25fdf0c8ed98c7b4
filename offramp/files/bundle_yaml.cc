// The parser behind ParseBundleYaml: keys, types, ranges, and how the stages fit together.
#include <algorithm>
#include <filesystem>
#include <set>

#include "offramp/base/text.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/shared_keys.h"
#include "offramp/files/yaml_reader.h"
#include "offramp/model/digest.h"

namespace offramp {

namespace {

constexpr std::size_t kMaxRank = 8;
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 31;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 50;
constexpr std::size_t kMaxTensorName = 256;
constexpr double kMaxTemperature = 1000;
constexpr std::int64_t kMaxTokens = std::int64_t{1} << 20;

// A tensor name as the ONNX file has it: printable, no comma or space, since names stand in lists.
std::string TensorName(const YamlView& view) {
  std::string name = view.Text("the name of a tensor");
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != ',';
  });
  if (!printable || name.size() > kMaxTensorName) {
    view.FailExpected(Format("the name of a tensor: at most %zu characters without space or comma",
                             kMaxTensorName));
  }
  return name;
}

// Distinct names.
std::vector<std::string> TensorNames(const YamlView& view, std::size_t min_items) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const YamlView& item : view.Items(min_items)) {
    names.push_back(TensorName(item));
    if (!seen.insert(names.back()).second) {
      item.Fail("the tensor " + item.Shown() + " stands here twice, expected each once");
    }
  }
  return names;
}

// A path below the folder by its text; ReadBundle looks at symbolic links too.
std::string FileWithin(const YamlView& view) {
  const std::string text = view.Text("the name of a file in the bundle's folder");
  const std::filesystem::path path(text);
  const bool leaves =
      std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
  if (path.is_absolute() || leaves || !path.has_filename()) {
    view.FailExpected("a file within the bundle's folder");
  }
  return text;
}

std::string Sha256(const YamlView& view) {
  std::string text = view.Text("64 lower-case hex digits");
  if (!IsSha256Hex(text)) view.FailExpected("64 lower-case hex digits");
  return text;
}

TensorSpec ReadTensorSpec(const YamlView& view, bool text) {
  view.ExpectMap({"name", "datatype", "shape"});
  TensorSpec spec;
  spec.name = TensorName(view.Key("name"));
  if (!text && view.Key("datatype").Shown() == "\"BYTES\"") {
    // Rows of one width are what everything behind the gateway relies on.
    view.Key("datatype")
        .Fail("is \"BYTES\", which no engine computes on; expected a type of numbers");
  }
  std::vector<std::string> datatypes;
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto type = static_cast<DataType>(i);
    if (text == (type == DataType::kBytes)) datatypes.emplace_back(DataTypeName(type));
  }
  const std::string datatype = view.Key("datatype").Choice(datatypes);
  spec.datatype = ParseDataType(datatype).value_or(DataType::kFp32);
  const std::vector<YamlView> extents = view.Key("shape").Items(1);
  if (extents.size() > kMaxRank) {
    view.Key("shape").Fail(Format("has %zu axes, expected at most %zu", extents.size(), kMaxRank));
  }
  std::vector<std::int64_t> row_shape;
  for (const YamlView& extent : extents) {
    spec.shape.push_back(extent.Integer(-1, kMaxExtent));
    if (spec.shape.back() == 0) extent.FailExpected("-1, or an integer of at least 1");
    if (spec.shape.size() > 1) row_shape.push_back(std::max<std::int64_t>(spec.shape.back(), 1));
  }
  if (!spec.shape.empty() && spec.shape[0] != -1) {
    extents[0].FailExpected("-1: the first axis is the batch");
  }
  if (!ElementCount(row_shape).has_value()) view.Key("shape").Fail("is too large for one task");
  return spec;
}

// `text`: BYTES and nothing else.
std::vector<TensorSpec> ReadTensorSpecs(const YamlView& view, bool text) {
  std::vector<TensorSpec> specs;
  std::set<std::string> seen;
  for (const YamlView& item : view.Items(1)) {
    specs.push_back(ReadTensorSpec(item, text));
    if (!seen.insert(specs.back().name).second) {
      item.Key("name").Fail("the tensor " + item.Key("name").Shown() +
                            " stands here twice, expected each once");
    }
  }
  return specs;
}

// Fills `bundle.tokenizer` and holds the inputs, which are read already, to it.
void ReadTokenizer(const YamlView& view, const YamlView& inputs, Bundle& bundle) {
  view.ExpectMap({"file", "sha256", "input", "ids", "mask", "types", "max_tokens"});
  BundleTokenizer tokenizer;
  tokenizer.file = FileWithin(view.Key("file"));
  tokenizer.sha256 = Sha256(view.Key("sha256"));
  tokenizer.input = TensorName(view.Key("input"));
  tokenizer.ids = TensorName(view.Key("ids"));
  tokenizer.mask = TensorName(view.Key("mask"));
  if (view.Key("types").present()) tokenizer.types = TensorName(view.Key("types"));
  tokenizer.max_tokens = view.Key("max_tokens").Integer(1, kMaxTokens);
  std::set<std::string> seen = {tokenizer.ids};
  for (const char* key : {"mask", "types"}) {
    if (view.Key(key).present() && !seen.insert(view.Key(key).Text("a tensor")).second) {
      view.Key(key).Fail("is " + view.Key(key).Shown() + ", expected a tensor of its own");
    }
  }
  const bool fits = bundle.inputs.size() == 1 && bundle.inputs[0].name == tokenizer.input &&
                    bundle.inputs[0].shape == std::vector<std::int64_t>{-1, 1};
  if (!fits) {
    inputs.Fail("does not fit the tokenizer, expected [{name: " + tokenizer.input +
                ", datatype: BYTES, shape: [-1, 1]}]");
  }
  bundle.tokenizer = std::move(tokenizer);
}

BundleStage ReadStage(const YamlView& view, bool last) {
  view.ExpectMap({"file", "sha256", "data", "data_sha256", "receives", "sends", "exit",
                  "temperature", "gflops", "output_bytes", "memory_bytes", "gflops_per_s"});
  BundleStage stage;
  stage.file = FileWithin(view.Key("file"));
  stage.sha256 = Sha256(view.Key("sha256"));
  if (view.Key("data").present()) {
    stage.data = FileWithin(view.Key("data"));
    stage.data_sha256 = Sha256(view.Key("data_sha256"));
  }
  stage.receives = TensorNames(view.Key("receives"), 1);
  stage.sends = TensorNames(view.Key("sends"), last ? 0 : 1);
  if (last && !stage.sends.empty()) {
    view.Key("sends").Fail("the last stage sends to nobody, expected []");
  }
  if (view.Key("exit").present()) stage.exit = TensorName(view.Key("exit"));
  if (last && !view.Key("exit").present()) {
    view.Key("exit").FailExpected("an output: the last stage always answers");
  }
  stage.temperature =
      view.Key("temperature").Number({.min = 0, .above_min = true, .max = kMaxTemperature}, 1);
  stage.gflops = view.Key("gflops").Number(kPositive);
  const YamlView output_bytes = view.Key("output_bytes");
  stage.output_bytes =
      last ? output_bytes.Integer(0, kMaxBytes, 0) : output_bytes.Integer(1, kMaxBytes);
  stage.memory_bytes = view.Key("memory_bytes").Integer(0, kMaxBytes);
  if (view.Key("gflops_per_s").present()) {
    stage.gflops_per_s = view.Key("gflops_per_s").Number(kPositive);
  }
  return stage;
}

// A task carries what the stage before sent, and nothing else: a tensor that a later stage needs
// must be in every `sends` on its way (formats.md).
void CheckChain(const Bundle& bundle, const YamlView& root) {
  std::vector<std::string> carried;
  for (const TensorSpec& input : bundle.task_inputs()) carried.push_back(input.name);
  const std::vector<YamlView> views = root.Key("stages").Items();
  for (std::size_t s = 0; s < views.size(); ++s) {
    const BundleStage& stage = bundle.stages[s];
    const std::vector<YamlView> receives = views[s].Key("receives").Items();
    for (std::size_t i = 0; i < receives.size(); ++i) {
      const std::string& name = stage.receives[i];
      if (std::find(carried.begin(), carried.end(), name) != carried.end()) continue;
      const std::string first =
          bundle.tokenizer ? "made by the tokenizer (" : "one of the inputs (";
      const std::string source = s == 0 ? first : Format("sent by stage %zu (", s);
      receives[i].FailExpected("a tensor that is " + source + Join(carried) + ")");
    }
    carried = stage.sends;
  }
}

}  // namespace

Result<BundleYaml> ParseBundleYaml(const std::string& text, const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<YamlReader> reader, YamlReader::Parse(text, path));
  const YamlView root = reader->root();
  root.ExpectMap({"version", "name", "inputs", "outputs", "labels", "exit_profile",
                  "service_histogram", "stages", "tokenizer"});
  reader->ExpectVersion1();
  BundleYaml read;
  Bundle& bundle = read.bundle;
  bundle.digest = Sha256Hex(text);
  bundle.name = root.Key("name").Name();
  const bool tokenized = root.Key("tokenizer").present();
  bundle.inputs = ReadTensorSpecs(root.Key("inputs"), tokenized);
  bundle.outputs = ReadTensorSpecs(root.Key("outputs"), false);
  if (tokenized) ReadTokenizer(root.Key("tokenizer"), root.Key("inputs"), bundle);
  if (root.Key("labels").present()) read.labels = FileWithin(root.Key("labels"));
  if (root.Key("exit_profile").present()) {
    read.exit_profile = FileWithin(root.Key("exit_profile"));
  }
  bundle.service_histogram = ReadServiceHistogram(root.Key("service_histogram"));
  const std::vector<YamlView> stages = root.Key("stages").Items(1);
  if (stages.size() > static_cast<std::size_t>(kMaxStages)) {
    root.Key("stages").Fail(
        Format("has %zu entries, expected at most %d", stages.size(), kMaxStages));
  }
  for (std::size_t s = 0; s < stages.size() && reader->status().ok(); ++s) {
    bundle.stages.push_back(ReadStage(stages[s], s + 1 == stages.size()));
  }
  if (reader->status().ok()) CheckChain(bundle, root);
  OFFRAMP_RETURN_IF_ERROR(reader->status());
  return read;
}

}  // namespace offramp
