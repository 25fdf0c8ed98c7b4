// Texts with labels as rows of token tensors.
#include "offramp/data/text_lines.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/model/digest.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTokenizer[] = R"({
  "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1, "b": 2, "c": 3}}})";

class TextLines : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/text_lines_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    Write("tokenizer.json", kTokenizer);
    bundle_.folder = folder_;
    bundle_.name = "m";
    bundle_.inputs = {{"text", DataType::kBytes, {-1, 1}}};
    bundle_.outputs = {{"logits", DataType::kFp32, {-1, 2}}};
    bundle_.labels = {"cat", "dog"};
    bundle_.tokenizer = BundleTokenizer{.file = "tokenizer.json",
                                        .sha256 = Sha256Hex(kTokenizer),
                                        .input = "text",
                                        .ids = "ids",
                                        .mask = "mask",
                                        .max_tokens = 3};
  }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  Result<std::unique_ptr<DataSet>> Open(const std::string& name, const std::string& text,
                                        const DataOptions& options = {}) const {
    return OpenTextLines(Write(name, text), options, bundle_);
  }

  std::string ErrorOf(const std::string& name, const std::string& text,
                      const DataOptions& options = {}) const {
    const auto data = Open(name, text, options);
    const Status status = data.ok() ? (*data)->Read(0, (*data)->rows()).status() : data.status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    return status.message();
  }

  std::string folder_;
  Bundle bundle_;
};

std::vector<std::int64_t> ValuesOf(const Tensor& tensor) {
  std::vector<std::int64_t> values(tensor.data.size() / sizeof(std::int64_t));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST_F(TextLines, LinesWithLabelsBehindTheLastTab) {
  const auto data = Open("x.txt", "a b\tcat\nc\ta b c\t1\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->rows(), 2);
  EXPECT_TRUE((*data)->labelled());
  const auto rows = (*data)->Read(0, 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->labels, ElementsAre(0, 1));
  ASSERT_EQ(rows->inputs.size(), 2U);
  EXPECT_EQ(rows->inputs[0].name, "ids");
  EXPECT_THAT(rows->inputs[0].shape, ElementsAre(2, 3));
  EXPECT_THAT(ValuesOf(rows->inputs[0]), ElementsAre(1, 2, 0, 3, 1, 2));
  EXPECT_THAT(ValuesOf(rows->inputs[1]), ElementsAre(1, 1, 0, 1, 1, 1));
  // A piece is as wide as its own longest.
  EXPECT_THAT((*data)->Read(0, 1)->inputs[0].shape, ElementsAre(1, 2));
}

TEST_F(TextLines, LinesAlone) {
  const auto data = Open("x.txt", "a\n\nb c\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE((*data)->labelled());
  EXPECT_EQ((*data)->rows(), 2);
  EXPECT_THAT((*data)->Read(1, 1)->labels, ElementsAre());
}

TEST_F(TextLines, ACsvByItsColumns) {
  const auto data = Open("x.csv", "label,n,text\ndog,1,\"a, b\"\ncat,2,c\n");
  ASSERT_TRUE(data.ok()) << data.status();
  const auto rows = (*data)->Read(0, 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->labels, ElementsAre(1, 0));
  EXPECT_THAT(ValuesOf(rows->inputs[0]), ElementsAre(1, 0, 2, 3, 0, 0));  // the comma is unknown
  DataOptions named;
  named.text_column = "what";
  EXPECT_THAT(ErrorOf("y.csv", "label,text\ndog,a\n", named), HasSubstr("has no column \"what\""));
}

TEST_F(TextLines, LabelsFromAFileOfTheirOwn) {
  DataOptions options;
  options.labels = Write("labels.txt", "dog\ncat\n");
  const auto data = Open("x.txt", "a\tb\nb\n", options);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT((*data)->Read(0, 2)->labels, ElementsAre(1, 0));
  EXPECT_THAT((*data)->Read(0, 1)->inputs[0].shape, ElementsAre(1, 2));  // a line is all text
  EXPECT_THAT(ErrorOf("y.txt", "a\n", options), HasSubstr("expected one for each of the 1 texts"));
}

TEST_F(TextLines, WhatDoesNotFitNamesItsLine) {
  EXPECT_THAT(ErrorOf("x.txt", "a\tcat\nb\n"), HasSubstr("x.txt:2: has no label"));
  EXPECT_THAT(ErrorOf("x.txt", "a\tcow\n"), HasSubstr("x.txt:1: has the label \"cow\""));
  EXPECT_THAT(ErrorOf("x.txt", "a\tcat\n \tcat\n"), HasSubstr("x.txt:2: has no text"));
  EXPECT_THAT(ErrorOf("x.csv", "text,label\na\n"), HasSubstr("has 1 columns, expected 2"));
  EXPECT_THAT(ErrorOf("x.txt", ""), HasSubstr("is empty"));
  bundle_.tokenizer->sha256 = Sha256Hex("");
  EXPECT_EQ(Open("x.txt", "a\n").status().code(), StatusCode::kFailedPrecondition);
  bundle_.tokenizer.reset();
  EXPECT_THAT(ErrorOf("x.txt", "a\n"), HasSubstr("has no tokenizer"));
}

}  // namespace
}  // namespace offramp
