// What BERT's tokenizer does to a text before words are cut into pieces: the rules of
// `BertNormalizer` and `BertPreTokenizer` in the library that tokenizer.json comes from.
//
// Two things in them are frozen in time: categories of characters are those of Unicode 8 and
// decompositions those of Unicode 9, whatever ICU knows today. Case is today's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "offramp/base/result.h"

namespace offramp {

struct BertTextRules {
  bool clean_text = true;            // drop control characters; every white space becomes a blank
  bool handle_chinese_chars = true;  // each ideograph is a word
  bool strip_accents = true;         // decompose (NFD), drop non-spacing marks
  bool lowercase = true;
};

// Immutable; thread-safe.
class BertText {
 public:
  // A word in UTF-8 and how many code points it has; false: no more words are wanted.
  using OnWord = std::function<bool(const std::string& word, std::size_t code_points)>;

  // kInternal where ICU cannot load its data.
  static Result<std::unique_ptr<BertText>> Create(const BertTextRules& rules);
  ~BertText();

  // Calls `on_word` for the words of `text` in order, a punctuation mark being a word. False when
  // `on_word` said so.
  bool ForEachWord(std::string_view text, const OnWord& on_word) const;

 private:
  struct Icu;
  BertText(const BertTextRules& rules, std::unique_ptr<const Icu> icu);

  bool EmitRun(std::u32string& run, const OnWord& on_word) const;
  void Normalise(std::u32string& run) const;

  const BertTextRules rules_;
  const std::unique_ptr<const Icu> icu_;
};

}  // namespace offramp
