// Every rule of bundle.yaml that needs no other file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/bundle_file.h"
#include "offramp/files/bundle_write.h"
#include "offramp/model/digest.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kDigest(64, 'a');

// Two stages; every line can be replaced by its key's first occurrence.
std::string SoundText() {
  return "version: 1\n"
         "name: m\n"
         "inputs: [{name: x, datatype: FP32, shape: [-1, 8]}]\n"
         "outputs: [{name: logits, datatype: FP32, shape: [-1, 4]}]\n"
         "labels: labels.txt\n"
         "exit_profile: sub/exits.csv\n"
         "stages:\n"
         "  - file: stage1.onnx\n"
         "    sha256: " +
         kDigest +
         "\n"
         "    receives: [x]\n"
         "    sends: [h, x]\n"
         "    exit: early\n"
         "    temperature: 1.5\n"
         "    gflops: 0.5\n"
         "    output_bytes: 64\n"
         "    memory_bytes: 1000\n"
         "  - file: stage2.onnx\n"
         "    sha256: " +
         kDigest +
         "\n"
         "    receives: [h, x]\n"
         "    sends: []\n"
         "    exit: logits\n"
         "    gflops: 0.25\n"
         "    memory_bytes: 500\n";
}

std::string With(const std::string& from, const std::string& to) {
  std::string text = SoundText();
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string WithLast(const std::string& from, const std::string& to) {
  std::string text = SoundText();
  const std::size_t at = text.rfind(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string ErrorOf(const std::string& text) {
  const Status status = ParseBundleYaml(text, "b.yaml").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  return status.message();
}

TEST(BundleYamlTest, ReadsEveryKey) {
  const Result<BundleYaml> read = ParseBundleYaml(SoundText(), "b.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->labels, "labels.txt");
  EXPECT_EQ(read->exit_profile, "sub/exits.csv");
  const Bundle& bundle = read->bundle;
  EXPECT_EQ(bundle.name, "m");
  EXPECT_EQ(bundle.digest, Sha256Hex(SoundText()));
  EXPECT_EQ(bundle.inputs[0].name, "x");
  EXPECT_EQ(bundle.outputs[0].datatype, DataType::kFp32);
  EXPECT_THAT(bundle.outputs[0].shape, ElementsAre(-1, 4));
  ASSERT_EQ(bundle.stage_count(), 2);
  EXPECT_EQ(bundle.stage(1).file, "stage1.onnx");
  EXPECT_EQ(bundle.stage(1).sha256, kDigest);
  EXPECT_THAT(bundle.stage(1).sends, ElementsAre("h", "x"));
  EXPECT_EQ(bundle.stage(1).exit, "early");
  EXPECT_EQ(bundle.stage(1).temperature, 1.5);
  EXPECT_EQ(bundle.stage(1).gflops, 0.5);
  EXPECT_EQ(bundle.stage(1).output_bytes, 64);
  EXPECT_EQ(bundle.stage(1).memory_bytes, 1000);
  EXPECT_THAT(bundle.stage(2).receives, ElementsAre("h", "x"));
  EXPECT_THAT(bundle.stage(2).sends, IsEmpty());
  EXPECT_EQ(bundle.stage(2).temperature, 1);
  EXPECT_EQ(bundle.stage(2).output_bytes, 0);
}

TEST(BundleYamlTest, OptionalKeysMayBeAbsent) {
  const std::string text = With("labels: labels.txt\nexit_profile: sub/exits.csv\n", "");
  const Result<BundleYaml> read = ParseBundleYaml(text, "b.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->labels, "");
  EXPECT_EQ(read->exit_profile, "");
  EXPECT_TRUE(ParseBundleYaml(With("    exit: early\n    temperature: 1.5\n", ""), "b.yaml").ok());
}

TEST(BundleYamlTest, MayBringTheMeasuredLawOfServiceTimes) {
  const auto read = ParseBundleYaml(
      With("stages:", "service_histogram: {edges: [0, 1, 3], weights: [3, 1]}\nstages:"), "b.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->bundle.service_histogram->weights(), ElementsAre(3, 1));
  const auto wrong = ParseBundleYaml(
      With("stages:", "service_histogram: {edges: [0, 1], weights: [3, 1]}\nstages:"), "b.yaml");
  EXPECT_THAT(wrong.status().message(), StartsWith("b.yaml:7: service_histogram: has 2 edges"));
}

TEST(BundleYamlTest, RefusesUnknownAndMissingKeys) {
  EXPECT_EQ(ErrorOf(With("labels:", "label:")),
            "b.yaml:5: unknown key \"label\", did you mean \"labels\"?");
  EXPECT_EQ(ErrorOf(With("temperature:", "temprature:")),
            "b.yaml:13: stages[0]: unknown key \"temprature\", did you mean \"temperature\"?");
  EXPECT_EQ(ErrorOf(With("name: m\n", "")).substr(0, 32), "b.yaml:1: name: is missing, expe");
  EXPECT_EQ(ErrorOf(With("    gflops: 0.5\n", "")),
            "b.yaml:8: stages[0].gflops: is missing, expected a number above 0");
  EXPECT_EQ(ErrorOf(With("    output_bytes: 64\n", "")),
            "b.yaml:8: stages[0].output_bytes: is missing, expected an integer from 1 to "
            "1125899906842624");
  EXPECT_EQ(ErrorOf(With("    sends: [h, x]\n", "")),
            "b.yaml:8: stages[0].sends: is missing, expected a list");
  EXPECT_EQ(ErrorOf("version: 1\nname: m\n"), "b.yaml:1: inputs: is missing, expected a list");
}

TEST(BundleYamlTest, RefusesWrongValues) {
  EXPECT_EQ(ErrorOf(With("version: 1", "version: 3")), "b.yaml:1: version: is \"3\", expected 1");
  EXPECT_THAT(ErrorOf(With("name: m", "name: a/b")),
              StartsWith("b.yaml:2: name: is \"a/b\", expected a name of at most 64 letters"));
  EXPECT_EQ(ErrorOf(With(kDigest, "abc")),
            "b.yaml:9: stages[0].sha256: is \"abc\", expected 64 lower-case hex digits");
  EXPECT_EQ(ErrorOf(With(kDigest, std::string(64, 'A'))).substr(0, 37),
            "b.yaml:9: stages[0].sha256: is \"AAAAA");
  EXPECT_EQ(
      ErrorOf(With("1.5", "0")),
      "b.yaml:13: stages[0].temperature: is \"0\", expected a number above 0 and at most 1000");
  EXPECT_EQ(ErrorOf(With("gflops: 0.5", "gflops: 0")),
            "b.yaml:14: stages[0].gflops: is \"0\", expected a number above 0");
  EXPECT_EQ(ErrorOf(With("memory_bytes: 1000", "memory_bytes: -1")),
            "b.yaml:16: stages[0].memory_bytes: is \"-1\", expected an integer from 0 to "
            "1125899906842624");
  EXPECT_EQ(
      ErrorOf(With("[h, x]", "[h, h]")),
      "b.yaml:11: stages[0].sends[1]: the tensor \"h\" stands here twice, expected each once");
  EXPECT_EQ(ErrorOf(With("[h, x]", "[\"h x\"]")),
            "b.yaml:11: stages[0].sends[0]: is the quoted text \"h x\", expected the name of a "
            "tensor: at most 256 characters without space or comma");
}

TEST(BundleYamlTest, RefusesWrongTensors) {
  EXPECT_EQ(ErrorOf(With("[-1, 8]", "[1, 8]")),
            "b.yaml:3: inputs[0].shape[0]: is \"1\", expected -1: the first axis is the batch");
  EXPECT_EQ(ErrorOf(With("[-1, 8]", "[-1, 0]")),
            "b.yaml:3: inputs[0].shape[1]: is \"0\", expected -1, or an integer of at least 1");
  EXPECT_EQ(ErrorOf(With("[-1, 8]", "[]")),
            "b.yaml:3: inputs[0].shape: has 0 entries, expected at least 1");
  EXPECT_EQ(ErrorOf(With("[-1, 8]", "[-1, 1, 1, 1, 1, 1, 1, 1, 1]")),
            "b.yaml:3: inputs[0].shape: has 9 axes, expected at most 8");
  EXPECT_EQ(ErrorOf(With("[-1, 8]", "[-1, 2147483648, 2147483648]")),
            "b.yaml:3: inputs[0].shape: is too large for one task");
  // Rows of variable width would be cut in the wrong places.
  EXPECT_EQ(ErrorOf(With("FP32", "BYTES")),
            "b.yaml:3: inputs[0].datatype: is \"BYTES\", which no engine computes on; expected a "
            "type of numbers");
  EXPECT_THAT(ErrorOf(With("FP32", "FP23")),
              StartsWith("b.yaml:3: inputs[0].datatype: is \"FP23\", expected one of BOOL, UINT8"));
  EXPECT_EQ(ErrorOf(With("shape: [-1, 8]}",
                         "shape: [-1, 8]}, {name: x, datatype: FP32, shape: [-1]"
                         "}")),
            "b.yaml:3: inputs[1].name: the tensor \"x\" stands here twice, expected each once");
}

TEST(BundleYamlTest, FilesStayInTheFolder) {
  const std::string what = ", expected a file within the bundle's folder";
  for (const std::string path : {"../x", "/etc/passwd", "a/../../x", "sub/"}) {
    EXPECT_EQ(ErrorOf(With("stage1.onnx", path)),
              "b.yaml:8: stages[0].file: is \"" + path + "\"" + what);
    EXPECT_EQ(ErrorOf(With("labels.txt", path)), "b.yaml:5: labels: is \"" + path + "\"" + what);
    EXPECT_EQ(ErrorOf(With("sub/exits.csv", path)),
              "b.yaml:6: exit_profile: is \"" + path + "\"" + what);
  }
  EXPECT_TRUE(ParseBundleYaml(With("stage1.onnx", "deep/down/stage1.onnx"), "b.yaml").ok());
}

TEST(BundleYamlTest, TheLastStageAnswersAndSendsNothing) {
  EXPECT_EQ(ErrorOf(With("    exit: logits\n", "")),
            "b.yaml:17: stages[1].exit: is missing, expected an output: the last stage always "
            "answers");
  EXPECT_EQ(ErrorOf(With("sends: []", "sends: [h]")),
            "b.yaml:20: stages[1].sends: the last stage sends to nobody, expected []");
  EXPECT_EQ(ErrorOf(With("sends: [h, x]", "sends: []")),
            "b.yaml:11: stages[0].sends: has 0 entries, expected at least 1");
  EXPECT_EQ(ErrorOf(With("receives: [x]", "receives: []")),
            "b.yaml:10: stages[0].receives: has 0 entries, expected at least 1");
}

TEST(BundleYamlTest, AStageReceivesWhatReachesIt) {
  EXPECT_EQ(ErrorOf(With("receives: [x]", "receives: [y]")),
            "b.yaml:10: stages[0].receives[0]: is \"y\", expected a tensor that is one of the "
            "inputs (x)");
  // An input that stage 1 does not send on is gone, though it once was there.
  EXPECT_EQ(ErrorOf(With("sends: [h, x]", "sends: [h]")),
            "b.yaml:19: stages[1].receives[1]: is \"x\", expected a tensor that is sent by stage 1 "
            "(h)");
  EXPECT_EQ(ErrorOf(WithLast("receives: [h, x]", "receives: [early]")),
            "b.yaml:19: stages[1].receives[0]: is \"early\", expected a tensor that is sent by "
            "stage 1 (h, x)");
}

TEST(BundleYamlTest, NoListIsUnbounded) {
  std::string text =
      "version: 1\nname: m\n"
      "inputs: [{name: x, datatype: FP32, shape: [-1, 8]}]\n"
      "outputs: [{name: y, datatype: FP32, shape: [-1, 8]}]\nstages:\n";
  for (int i = 0; i < 65; ++i) text += "  - {}\n";
  EXPECT_EQ(ErrorOf(text), "b.yaml:6: stages: has 65 entries, expected at most 64");
}

// SoundText with raw text in front.
std::string TextModel(const std::string& from = "", const std::string& to = "") {
  std::string text = With("inputs: [{name: x, datatype: FP32, shape: [-1, 8]}]",
                          "inputs: [{name: text, datatype: BYTES, shape: [-1, 1]}]\n"
                          "tokenizer: {file: t.json, sha256: " +
                              kDigest + ", input: text, ids: x, mask: m, types: s, max_tokens: 9}");
  if (from.empty()) return text;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(BundleYamlTest, ATokenizerStandsBeforeStageOne) {
  const Result<BundleYaml> read = ParseBundleYaml(TextModel(), "b.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  const Bundle& bundle = read->bundle;
  ASSERT_TRUE(bundle.tokenizer.has_value());
  EXPECT_EQ(bundle.tokenizer->file, "t.json");
  EXPECT_EQ(bundle.tokenizer->max_tokens, 9);
  EXPECT_EQ(bundle.inputs[0].datatype, DataType::kBytes);
  std::vector<std::string> carried;
  for (const TensorSpec& spec : bundle.task_inputs()) {
    carried.push_back(spec.name);
    EXPECT_EQ(spec.datatype, DataType::kInt64);
    EXPECT_THAT(spec.shape, ElementsAre(-1, -1));
  }
  EXPECT_THAT(carried, ElementsAre("x", "m", "s"));
  // And as it is written.
  const Result<BundleYaml> again =
      ParseBundleYaml(BundleYamlText(bundle, read->labels, read->exit_profile), "c.yaml");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->bundle.tokenizer->types, "s");
  EXPECT_EQ(again->bundle.tokenizer->sha256, kDigest);
}

TEST(BundleYamlTest, AProfiledSpeedIsReadAndWritten) {
  const Result<BundleYaml> read = ParseBundleYaml(
      With("memory_bytes: 1000", "memory_bytes: 1000\n    gflops_per_s: 12.5"), "b.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->bundle.stage(1).gflops_per_s, 12.5);
  EXPECT_EQ(read->bundle.stage(2).gflops_per_s, 0);  // not measured
  const Result<BundleYaml> again =
      ParseBundleYaml(BundleYamlText(read->bundle, read->labels, read->exit_profile), "c.yaml");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->bundle.stage(1).gflops_per_s, 12.5);
  EXPECT_THAT(ErrorOf(With("memory_bytes: 1000", "memory_bytes: 1000\n    gflops_per_s: 0")),
              StartsWith("b.yaml:17: stages[0].gflops_per_s"));
}

TEST(BundleYamlTest, ATokenizerThatDoesNotFitIsNamed) {
  const auto error = [](const std::string& from, const std::string& to) {
    return ErrorOf(TextModel(from, to));
  };
  EXPECT_EQ(error("datatype: BYTES", "datatype: FP32"),
            "b.yaml:3: inputs[0].datatype: is \"FP32\", expected one of BYTES");
  EXPECT_EQ(error("shape: [-1, 1]", "shape: [-1, 2]"),
            "b.yaml:3: inputs: does not fit the tokenizer, expected [{name: text, datatype: BYTES, "
            "shape: [-1, 1]}]");
  EXPECT_EQ(error("ids: x", "ids: y"),
            "b.yaml:11: stages[0].receives[0]: is \"x\", expected a tensor that is made by the "
            "tokenizer (y, m, s)");
  EXPECT_EQ(error("mask: m", "mask: x"),
            "b.yaml:4: tokenizer.mask: is \"x\", expected a tensor of its own");
  EXPECT_THAT(error("file: t.json", "file: ../t.json"), StartsWith("b.yaml:4: tokenizer.file"));
  EXPECT_THAT(error("max_tokens: 9", "max_tokens: 0"),
              StartsWith("b.yaml:4: tokenizer.max_tokens"));
  EXPECT_THAT(error("max_tokens: 9", "max_token: 9"), StartsWith("b.yaml:4: tokenizer"));
}

}  // namespace
}  // namespace offramp
