// Expected words are those of the reference (PyPI tokenizers); tests/integration/test_tokenizer.py
// compares many more.
#include "offramp/text/bert_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Words(std::string_view text, const BertTextRules& rules = {}) {
  const auto bert = BertText::Create(rules);
  EXPECT_TRUE(bert.ok()) << bert.status();
  std::vector<std::string> words;
  EXPECT_TRUE((*bert)->ForEachWord(text, [&](const std::string& word, std::size_t) {
    words.push_back(word);
    return true;
  }));
  return words;
}

TEST(BertText, SplitsAtWhiteSpaceAndPunctuation) {
  EXPECT_THAT(Words(" Don't stop,  now!\n"), ElementsAre("don", "'", "t", "stop", ",", "now", "!"));
  EXPECT_THAT(Words("a\u3000b\u2028c\u00A0d"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Words("$5+3 x^2"), ElementsAre("$", "5", "+", "3", "x", "^", "2"));
  EXPECT_THAT(Words(""), IsEmpty());
  EXPECT_THAT(Words(" \t\r\n"), IsEmpty());
}

TEST(BertText, DropsControlCharacters) {
  EXPECT_THAT(Words(std::string_view("a\0b\x01"
                                     "c\x7F\xEF\xBF\xBD\xE2\x80\x8Dz",
                                     13)),
              ElementsAre("abcz"));
}

TEST(BertText, StripsAccentsAndCase) {
  EXPECT_THAT(
      Words("\u00C9COLE na\u00EFve \u0130stanbul \u03A3\u03AF\u03C3\u03C5\u03C6\u03BF\u03A3"),
      ElementsAre("ecole", "naive", "istanbul", "\u03C3\u03B9\u03C3\u03C5\u03C6\u03BF\u03C3"));
  EXPECT_THAT(Words("\uAC00"), ElementsAre("\u1100\u1161"));  // Hangul comes apart
}

TEST(BertText, KeepsCharactersYoungerThanItsTables) {
  // Punctuation of Unicode 11, a mark of Unicode 14: letters to the reference.
  EXPECT_THAT(Words("a\u2E4Fb"), ElementsAre("a\u2E4Fb"));
  EXPECT_THAT(Words("a\u1ACE"), ElementsAre("a\u1ACE"));
}

TEST(BertText, EachIdeographIsAWord) {
  EXPECT_THAT(Words("ab\u4E2D\u6587c"), ElementsAre("ab", "\u4E2D", "\u6587", "c"));
  EXPECT_THAT(Words("\u3053\u306B"), ElementsAre("\u3053\u306B"));  // kana is none
}

TEST(BertText, FollowsItsRules) {
  EXPECT_THAT(Words("\u00C9A\u4E2D",
                    {.handle_chinese_chars = false, .strip_accents = false, .lowercase = false}),
              ElementsAre("\u00C9A\u4E2D"));
  EXPECT_THAT(Words("\u00C9A", {.strip_accents = false}), ElementsAre("\u00E9a"));
  EXPECT_THAT(Words("\u00C9A", {.lowercase = false}), ElementsAre("EA"));
  EXPECT_THAT(Words("a\x01"
                    "b",
                    {.clean_text = false}),
              ElementsAre("a\x01"
                          "b"));
}

TEST(BertText, StopsWhenToldTo) {
  const auto bert = BertText::Create({});
  ASSERT_TRUE(bert.ok());
  int words = 0;
  EXPECT_FALSE(
      (*bert)->ForEachWord("a b c", [&](const std::string&, std::size_t) { return ++words < 2; }));
  EXPECT_EQ(words, 2);
}

}  // namespace
}  // namespace offramp
