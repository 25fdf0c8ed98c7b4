// What a tokenizer.json may say, and the one line for what it may not.
#include "offramp/text/tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Sound() {
  return R"({"version": "1.0",
  "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0},
  "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_id": 4, "pad_type_id": 0,
              "pad_to_multiple_of": null, "pad_token": "[PAD]"},
  "added_tokens": [{"id": 2, "special": true, "content": "[CLS]", "single_word": false,
                    "lstrip": false, "rstrip": false, "normalized": false}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false,
                 "strip_accents": null, "lowercase": false},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 1}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
    "pair": [],
    "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                       "[SEP]": {"id": "[SEP]", "ids": [3, 5], "tokens": ["[SEP]", "x"]}}},
  "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[UNK]": 1, "a": 7}}})";
}

std::string ErrorOf(const std::string& from, const std::string& to) {
  std::string text = Sound();
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  const auto rules = ReadWordPieceRules(text.replace(at, from.size(), to), "t.json");
  EXPECT_FALSE(rules.ok());
  return rules.status().message();
}

TEST(TokenizerJson, ReadsWhatTheFileSays) {
  const auto rules = ReadWordPieceRules(Sound(), "t.json");
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->vocabulary.size(), 2U);
  EXPECT_EQ(rules->unknown_id, 1);
  EXPECT_EQ(rules->pad_id, 4);
  EXPECT_TRUE(rules->text.clean_text);
  EXPECT_FALSE(rules->text.handle_chinese_chars);
  EXPECT_FALSE(rules->text.lowercase);
  EXPECT_FALSE(rules->text.strip_accents);  // null: as lowercase
  ASSERT_EQ(rules->before.size(), 1U);
  ASSERT_EQ(rules->after.size(), 2U);
  EXPECT_EQ(rules->before[0].id, 2);
  EXPECT_EQ(rules->after[1].id, 5);
  EXPECT_EQ(rules->after[1].type, 1);
  EXPECT_EQ(rules->type, 1);
  ASSERT_EQ(rules->added.size(), 1U);
  EXPECT_EQ(rules->added[0].content, "[CLS]");
}

TEST(TokenizerJson, RefusesWhatItWouldNotDoAlike) {
  EXPECT_EQ(ErrorOf("\"type\": \"WordPiece\", \"unk", "\"type\": \"BPE\", \"unk"),
            "t.json: model.type: is \"BPE\", expected \"WordPiece\" (no other is known)");
  EXPECT_THAT(ErrorOf("BertNormalizer", "NFKC"), StartsWith("t.json: normalizer.type: is"));
  EXPECT_THAT(ErrorOf("BertPreTokenizer", "Whitespace"), StartsWith("t.json: pre_tokenizer.type"));
  EXPECT_THAT(ErrorOf("\"lstrip\": false", "\"lstrip\": true"),
              StartsWith("t.json: added_tokens[0].lstrip: is true"));
  EXPECT_THAT(ErrorOf("\"Right\"", "\"Left\""), StartsWith("t.json: padding.direction: is"));
  EXPECT_EQ(ErrorOf("\"version\"", "\"verse\""), "t.json: the document.verse: is not known here");
  EXPECT_EQ(ErrorOf("\"version\"", "\"a\\nb\""), "t.json: the document.a?b: is not known here");
  EXPECT_THAT(ErrorOf("\"id\": \"A\"", "\"id\": \"B\""), HasSubstr("expected one, called A"));
}

TEST(TokenizerJson, RefusesWhatIsNoTokenizer) {
  EXPECT_EQ(ReadWordPieceRules("{", "t.json").status().message(), "t.json: is no JSON");
  EXPECT_THAT(ReadWordPieceRules("[]", "t.json").status().message(), HasSubstr("a list"));
  EXPECT_THAT(ReadWordPieceRules("{}", "t.json").status().message(), StartsWith("t.json: model"));
  EXPECT_THAT(ReadWordPieceRules("\xFF", "t.json").status().message(), HasSubstr("no JSON"));
  EXPECT_THAT(ErrorOf("\"a\": 7", "\"a\": 1"), HasSubstr("has the id of another token"));
  EXPECT_THAT(ErrorOf("\"a\": 7", "\"a\": -7"), HasSubstr("expected an integer from 0"));
  EXPECT_THAT(ErrorOf("\"a\": 7", "\"a\": 18446744073709551615"), HasSubstr("expected an integer"));
  EXPECT_THAT(ErrorOf("\"unk_token\": \"[UNK]\"", "\"unk_token\": \"[unk]\""),
              HasSubstr("is not in model.vocab"));
  EXPECT_THAT(ErrorOf("\"ids\": [2]", "\"ids\": []"), HasSubstr("expected a short list of ids"));
}

TEST(TokenizerJson, KnowsTheOlderPostProcessor) {
  std::string text = Sound();
  const std::size_t from = text.find("{\"type\": \"TemplateProcessing\"");
  const std::size_t to = text.find("\"decoder\"");
  text.replace(from, to - from,
               R"({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, )");
  const auto rules = ReadWordPieceRules(text, "t.json");
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->before[0].id, 2);
  EXPECT_EQ(rules->after[0].id, 3);
}

}  // namespace
}  // namespace offramp
