#include "offramp/text/word_piece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kUnknown = 1;
constexpr std::int64_t kBegin = 2;
constexpr std::int64_t kEnd = 3;

std::unique_ptr<Tokenizer> Made() {
  WordPieceRules rules;
  rules.vocabulary = {{"[PAD]", 0}, {"[UNK]", kUnknown}, {"[CLS]", kBegin}, {"[SEP]", kEnd},
                      {"un", 10},   {"unaff", 11},       {"##aff", 12},     {"##able", 13},
                      {"run", 14},  {"##s", 15},         {",", 16},         {"##\u00E9", 17}};
  rules.unknown_id = kUnknown;
  rules.max_word_chars = 12;
  rules.added = {{"[SEP]", kEnd}, {"[SE", 90}};
  rules.before = {{kBegin, 0}};
  rules.after = {{kEnd, 0}};
  auto made = WordPieceTokenizer::Create(std::move(rules));
  EXPECT_TRUE(made.ok());
  return *std::move(made);
}

std::vector<std::int64_t> Ids(std::string_view text, std::size_t max_tokens = 64) {
  return Made()->Encode(text, max_tokens).ids;
}

TEST(WordPiece, TakesTheLongestPieceFirst) {
  EXPECT_THAT(Ids("unaffable runs"), ElementsAre(kBegin, 11, 13, 14, 15, kEnd));
  EXPECT_THAT(Ids("unable"), ElementsAre(kBegin, 10, 13, kEnd));
}

TEST(WordPiece, AWordWithoutPiecesIsUnknownAsAWhole) {
  EXPECT_THAT(Ids("unx, run"), ElementsAre(kBegin, kUnknown, 16, 14, kEnd));
  EXPECT_THAT(Ids("s"), ElementsAre(kBegin, kUnknown, kEnd));              // only within a word
  EXPECT_THAT(Ids("runssssssssss"), ElementsAre(kBegin, kUnknown, kEnd));  // 13 characters
  EXPECT_THAT(Ids("runsssssssss"),
              ElementsAre(kBegin, 14, 15, 15, 15, 15, 15, 15, 15, 15, 15, kEnd));
}

TEST(WordPiece, AddedTokensAreFoundBeforeAnythingElse) {
  EXPECT_THAT(Ids("run[SEP]s"), ElementsAre(kBegin, 14, kEnd, kUnknown, kEnd));
  EXPECT_THAT(Ids("[SE[SEP]"), ElementsAre(kBegin, 90, kEnd, kEnd));
  EXPECT_THAT(Ids("[sep]").size(), 5U);  // not in lower case: brackets and a word
}

TEST(WordPiece, CutsTheTail) {
  EXPECT_THAT(Ids("run run run run", 4), ElementsAre(kBegin, 14, 14, kEnd));
  EXPECT_THAT(Ids("unaffable", 3), ElementsAre(kBegin, 11, kEnd));
  EXPECT_THAT(Ids("run[SEP]", 3), ElementsAre(kBegin, 14, kEnd));
  EXPECT_THAT(Ids("run", 2), ElementsAre(kBegin, kEnd));
  EXPECT_THAT(Ids(""), ElementsAre(kBegin, kEnd));
}

TEST(WordPiece, BrokenBytesCountAsReplacementCharacters) {
  // Which clean_text drops.
  EXPECT_EQ(Ids("ru\xFFn\xE2\x82"), Ids("run"));
}

TEST(WordPiece, TypesGoWithTheIds) {
  const TokenizedText tokens = Made()->Encode("run", 8);
  EXPECT_THAT(tokens.types, ElementsAre(0, 0, 0));
  EXPECT_EQ(Made()->special_tokens(), 2U);
}

TEST(WordPiece, ALongTextOfMarksTakesNoLongerThanItsLength) {
  // Each added token is looked for once: with a search at every step this would take minutes.
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "[SE ";
  EXPECT_EQ(Ids(text, 150000).size(), 150000U);
}

}  // namespace
}  // namespace offramp
