// A tokenizer.json or a text of any bytes. The first byte says which:
//   J  a tokenizer.json: a tokenizer, or one line that says why not
//   T  a text for a small vocabulary under BERT's rules      C  the same, case and accents kept
// Oracle: no more tokens than asked for, those of the vocabulary only, marks at both ends; what a
// longer limit gives begins with what a shorter one gave; broken bytes are as good as U+FFFD.
#include "offramp/text/tokenizer.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "offramp/base/check.h"
#include "offramp/text/utf8.h"
#include "offramp/text/word_piece.h"

namespace {

using namespace offramp;

constexpr std::int64_t kBegin = 1000;
constexpr std::int64_t kEnd = 1001;

const Tokenizer& Small(bool uncased) {
  static const auto make = [](bool lower) {
    WordPieceRules rules;
    rules.text.lowercase = rules.text.strip_accents = lower;
    rules.vocabulary = {{"[UNK]", 0}};
    for (char c = 'a'; c <= 'z'; ++c) {
      const std::string letter(1, c);
      rules.vocabulary.emplace_back(letter, 2 * (c - 'a') + 1);
      rules.vocabulary.emplace_back("##" + letter, 2 * (c - 'a') + 2);
    }
    rules.vocabulary.insert(rules.vocabulary.end(), {{"the", 60}, {"##ing", 61}, {"\u4E2D", 62}});
    rules.added = {{"[X]", 100}, {"[X]]", 101}};
    rules.before = {{kBegin, 0}};
    rules.after = {{kEnd, 0}};
    auto made = WordPieceTokenizer::Create(std::move(rules));
    OFFRAMP_CHECK(made.ok(), "ICU has its data");
    return *std::move(made);
  };
  static const std::unique_ptr<Tokenizer> with = make(true);
  static const std::unique_ptr<Tokenizer> without = make(false);
  return uncased ? *with : *without;
}

void CheckTokens(const TokenizedText& tokens, std::size_t max_tokens) {
  OFFRAMP_CHECK(tokens.ids.size() >= 2 && tokens.ids.size() <= max_tokens, "as many as asked for");
  OFFRAMP_CHECK(tokens.types.size() == tokens.ids.size(), "a type for each");
  OFFRAMP_CHECK(tokens.ids.front() == kBegin && tokens.ids.back() == kEnd, "marks at the ends");
  for (std::size_t i = 1; i + 1 < tokens.ids.size(); ++i) {
    OFFRAMP_CHECK(tokens.ids[i] >= 0 && tokens.ids[i] <= 101, "of the vocabulary");
  }
}

void CheckText(const Tokenizer& tokenizer, std::string_view text) {
  const TokenizedText all = tokenizer.Encode(text, 1 << 20);
  CheckTokens(all, 1 << 20);
  const TokenizedText few = tokenizer.Encode(text, 5);
  CheckTokens(few, 5);
  OFFRAMP_CHECK(std::equal(few.ids.begin(), few.ids.end() - 1, all.ids.begin()), "its beginning");
  std::string repaired;
  for (std::size_t at = 0; at < text.size();) AppendUtf8(repaired, NextCodePoint(text, at));
  OFFRAMP_CHECK(IsUtf8(repaired), "repaired");
  OFFRAMP_CHECK(tokenizer.Encode(repaired, 1 << 20).ids == all.ids, "broken bytes are U+FFFD");
}

void CheckJson(std::string_view json) {
  const auto tokenizer = ParseTokenizer(json, "tokenizer.json");
  if (tokenizer.ok()) {
    (void)(*tokenizer)->Encode("a text", (*tokenizer)->special_tokens() + 3);
    return;
  }
  OFFRAMP_CHECK(tokenizer.status().code() == StatusCode::kInvalidArgument, "its own fault");
  OFFRAMP_CHECK(tokenizer.status().message().find('\n') == std::string::npos, "one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'J') CheckJson(rest);
  if (data[0] == 'T') CheckText(Small(true), rest);
  if (data[0] == 'C') CheckText(Small(false), rest);
  return 0;
}
