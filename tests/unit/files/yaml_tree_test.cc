#include "offramp/files/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::shared_ptr<const YamlValue> Parse(const std::string& text) {
  Result<std::shared_ptr<const YamlValue>> root = ParseYaml(text, "x.yaml");
  EXPECT_TRUE(root.ok()) << root.status();
  return root.ok() ? *root : std::make_shared<const YamlValue>();
}

std::string ErrorOf(const std::string& text) {
  const Status status = ParseYaml(text, "x.yaml").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message().find('\n'), std::string::npos) << "more than one line";
  return status.message();
}

TEST(YamlTreeTest, KeepsOrderLinesAndQuotes) {
  const auto root = Parse("a: 1\nb:\n  - x\n  - 'y'\nc: {d: }\n");
  ASSERT_EQ(root->kind, YamlValue::Kind::kMap);
  ASSERT_EQ(root->entries.size(), 3u);
  EXPECT_EQ(root->entries[1].first, "b");
  const YamlValue* list = root->Find("b");
  ASSERT_EQ(list->kind, YamlValue::Kind::kList);
  EXPECT_EQ(list->items[1]->line, 4);
  EXPECT_EQ(list->items[1]->text, "y");
  EXPECT_TRUE(list->items[1]->quoted);
  EXPECT_FALSE(list->items[0]->quoted);
  EXPECT_EQ(root->Find("c")->Find("d")->kind, YamlValue::Kind::kNull);
  EXPECT_EQ(root->Find("nothing"), nullptr);
}

TEST(YamlTreeTest, NothingIsNull) {
  EXPECT_EQ(Parse("")->kind, YamlValue::Kind::kNull);
  EXPECT_EQ(Parse("# only a comment\n")->kind, YamlValue::Kind::kNull);
}

TEST(YamlTreeTest, AliasesAreTheirValue) {
  const auto root = Parse("a: &x {k: 1}\nb: *x\n");
  EXPECT_EQ(root->Find("b")->Find("k")->text, "1");
}

TEST(YamlTreeTest, SyntaxErrorsNameTheirLine) {
  EXPECT_THAT(ErrorOf("a: 1\nb: [1, 2\n"), StartsWith("x.yaml:"));
  EXPECT_THAT(ErrorOf("a: 1\n b: 2\n"), StartsWith("x.yaml:2: is not YAML: "));
  EXPECT_THAT(ErrorOf("a: *nobody\n"), StartsWith("x.yaml:1: is not YAML: "));
}

TEST(YamlTreeTest, AKeyStandsOnce) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"), "x.yaml:3: the key \"a\" stands here twice");
}

TEST(YamlTreeTest, KeysAreWords) {
  EXPECT_EQ(ErrorOf("? [1]\n: 2\n"), "x.yaml:1: a key is not a plain word");
}

TEST(YamlTreeTest, OneDocumentOnly) {
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 2\n"), "x.yaml:2: a second document starts here, expected one");
}

TEST(YamlTreeTest, NestingIsBounded) {
  const std::string deep(100'000, '[');
  EXPECT_THAT(ErrorOf(deep), HasSubstr("is nested deeper than 32 levels"));
  std::string braces;
  for (int i = 0; i < 100'000; ++i) braces += "{a: ";
  EXPECT_THAT(ErrorOf(braces), HasSubstr("is nested deeper than 32 levels"));
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  EXPECT_THAT(ErrorOf(dashes), HasSubstr("is nested deeper than 32 levels"));
}

TEST(YamlTreeTest, AliasesDoNotUnfoldWithoutEnd) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) laughs += ", " + before;
    laughs += "]\n";
  }
  EXPECT_THAT(ErrorOf(laughs), HasSubstr("holds more than 200000 values"));
  EXPECT_THAT(ErrorOf("a: &x [1, *x]\n"), HasSubstr("this alias stands inside what it names"));
}

TEST(YamlTreeTest, SizeIsBounded) {
  EXPECT_EQ(ErrorOf(std::string(kYamlMaxBytes + 1, ' ')),
            "x.yaml: has 1048577 bytes, expected at most 1048576");
}

TEST(YamlTreeTest, AZeroByteDoesNotHideTheRest) {
  EXPECT_EQ(ErrorOf(std::string("a: 1\nb: 2\0c: 3\n", 15)),
            "x.yaml:2: holds a zero byte, expected text");
}

}  // namespace
}  // namespace offramp
