#include "offramp/text/word_piece.h"

#include <algorithm>
#include <utility>

#include "offramp/text/utf8.h"

namespace offramp {

namespace {

std::string Repaired(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) AppendUtf8(repaired, NextCodePoint(text, at));
  return repaired;
}

// The added tokens of one text, from its beginning to its end. Each is looked for once over the
// text, however often others occur.
class AddedFinder {
 public:
  AddedFinder(const std::vector<AddedToken>& added, std::string_view text)
      : added_(added), text_(text), next_(added.size(), 0) {
    for (std::size_t i = 0; i < added.size(); ++i) next_[i] = text.find(added[i].content);
  }

  // Where the next one begins at or after `from`, and which: the leftmost, there the longest;
  // text.size() and null when there is none. `from` never goes back.
  std::pair<std::size_t, const AddedToken*> Next(std::size_t from) {
    std::size_t nearest = text_.size();
    const AddedToken* which = nullptr;
    for (std::size_t i = 0; i < added_.size(); ++i) {
      if (next_[i] < from) next_[i] = text_.find(added_[i].content, from);
      if (next_[i] >= nearest) continue;
      nearest = next_[i];
      which = &added_[i];
    }
    return {nearest, which};
  }

 private:
  const std::vector<AddedToken>& added_;  // the longest first
  const std::string_view text_;
  std::vector<std::size_t> next_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> WordPieceTokenizer::Create(WordPieceRules rules) {
  OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<BertText> text, BertText::Create(rules.text));
  return std::unique_ptr<Tokenizer>(new WordPieceTokenizer(std::move(rules), std::move(text)));
}

WordPieceTokenizer::WordPieceTokenizer(WordPieceRules rules, std::unique_ptr<BertText> text)
    : rules_(std::move(rules)), text_(std::move(text)) {
  for (auto& [token, id] : rules_.vocabulary) {
    longest_piece_bytes_ = std::max(longest_piece_bytes_, token.size());
    if (token.starts_with(rules_.continuing_prefix)) {
      continued_.emplace(token.substr(rules_.continuing_prefix.size()), id);
    }
    first_.emplace(std::move(token), id);
  }
  rules_.vocabulary = {};
  // At one place the longest wins.
  std::sort(rules_.added.begin(), rules_.added.end(), [](const AddedToken& a, const AddedToken& b) {
    return a.content.size() > b.content.size();
  });
}

TokenizedText WordPieceTokenizer::Encode(std::string_view text, std::size_t max_tokens) const {
  std::string repaired;
  if (!IsUtf8(text)) {
    repaired = Repaired(text);
    text = repaired;
  }
  const std::size_t room = max_tokens - std::min(max_tokens, special_tokens());
  std::vector<std::int64_t> ids;
  AddedFinder added_tokens(rules_.added, text);
  for (std::size_t from = 0; from < text.size() && ids.size() < room;) {
    const auto [at, added] = added_tokens.Next(from);
    text_->ForEachWord(text.substr(from, at - from),
                       [&](const std::string& word, std::size_t code_points) {
                         AppendWord(word, code_points, ids);
                         return ids.size() < room;
                       });
    from = at;
    if (added != nullptr) {
      ids.push_back(added->id);
      from += added->content.size();
    }
  }
  ids.resize(std::min(ids.size(), room));

  TokenizedText tokens;
  const auto append = [&tokens](std::int64_t id, std::int64_t type) {
    tokens.ids.push_back(id);
    tokens.types.push_back(type);
  };
  for (const MarkToken& mark : rules_.before) append(mark.id, mark.type);
  for (const std::int64_t id : ids) append(id, rules_.type);
  for (const MarkToken& mark : rules_.after) append(mark.id, mark.type);
  return tokens;
}

void WordPieceTokenizer::AppendWord(std::string_view word, std::size_t code_points,
                                    std::vector<std::int64_t>& ids) const {
  const std::size_t before = ids.size();
  bool known = code_points <= rules_.max_word_chars;
  for (std::size_t begin = 0; known && begin < word.size();) {
    const Pieces& pieces = begin == 0 ? first_ : continued_;
    std::size_t bytes = std::min(word.size() - begin, longest_piece_bytes_);
    auto found = pieces.end();
    // A piece that ends within a character is in no vocabulary, for tokens are UTF-8.
    while (bytes > 0 && (found = pieces.find(word.substr(begin, bytes))) == pieces.end()) --bytes;
    known = found != pieces.end();
    if (!known) break;
    ids.push_back(found->second);
    begin += bytes;
  }
  if (known) return;
  ids.resize(before);
  ids.push_back(rules_.unknown_id);
}

}  // namespace offramp
