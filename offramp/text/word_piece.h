// WordPiece (Wu et al. 2016, https://arxiv.org/abs/1609.08144) as BERT has it: a word becomes the
// longest piece of the vocabulary that it begins with, then the longest that goes on from there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "offramp/text/bert_text.h"
#include "offramp/text/tokenizer.h"

namespace offramp {

// A token that is found in the text as it comes, before anything happens to it.
struct AddedToken {
  std::string content;  // not empty
  std::int64_t id = 0;
};

// A token around every text.
struct MarkToken {
  std::int64_t id = 0;
  std::int64_t type = 0;
};

// What a tokenizer.json says.
struct WordPieceRules {
  BertTextRules text;
  std::vector<std::pair<std::string, std::int64_t>> vocabulary;  // tokens are distinct
  std::string continuing_prefix = "##";                          // of pieces within a word
  std::size_t max_word_chars = 100;  // code points; a longer word is unknown
  std::int64_t unknown_id = 0;
  std::vector<AddedToken> added;
  std::vector<MarkToken> before;  // the text
  std::vector<MarkToken> after;
  std::int64_t type = 0;  // of the text itself
  std::int64_t pad_id = 0;
};

class WordPieceTokenizer final : public Tokenizer {
 public:
  static Result<std::unique_ptr<Tokenizer>> Create(WordPieceRules rules);

  TokenizedText Encode(std::string_view text, std::size_t max_tokens) const override;
  std::size_t special_tokens() const override { return rules_.before.size() + rules_.after.size(); }
  std::int64_t pad_id() const override { return rules_.pad_id; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Pieces = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;

  WordPieceTokenizer(WordPieceRules rules, std::unique_ptr<BertText> text);

  void AppendWord(std::string_view word, std::size_t code_points,
                  std::vector<std::int64_t>& ids) const;

  WordPieceRules rules_;
  std::unique_ptr<BertText> text_;
  Pieces first_;      // by the whole token
  Pieces continued_;  // by what follows the prefix
  std::size_t longest_piece_bytes_ = 0;
};

}  // namespace offramp
