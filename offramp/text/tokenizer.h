// Tokenizer: text to the numbers that a model was trained on, as the model's own tokenizer.json
// says. The result is, id for id, that of the library that such files come from (PyPI
// `tokenizers`); what a file asks for and we would not do the same way is refused at load.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"

namespace offramp {

// One text as tokens; both have the same length.
struct TokenizedText {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> types;  // the segment that each belongs to; 0 in nearly every model
};

// Immutable once made; all methods are thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // The tokens of `text` (UTF-8; each invalid sequence counts as U+FFFD, as Python's
  // errors="replace" puts it), with those that mark its ends, at most `max_tokens` of both: what is
  // too long loses its tail. The work is bounded by the text's length, and mostly ends once there
  // are enough tokens. REQUIRES: max_tokens >= special_tokens().
  virtual TokenizedText Encode(std::string_view text, std::size_t max_tokens) const = 0;

  // How many tokens mark the ends of every text: what an empty one has.
  virtual std::size_t special_tokens() const = 0;

  // What fills up the rows of a batch that are shorter than its longest.
  virtual std::int64_t pad_id() const = 0;
};

// The tokenizer that the text of a tokenizer.json describes; `name` stands for the file in errors.
// Known so far: WordPiece with the normalisation and splitting of BERT. kInvalidArgument, one line
// naming the key: no JSON, a key with a value that is not what the format has or larger than
// sense, or a part that is not known here.
Result<std::unique_ptr<Tokenizer>> ParseTokenizer(std::string_view json, const std::string& name);

// The same for a file. kNotFound when it is not there, kInvalidArgument also for one that is no
// regular file or longer than 64 MiB.
Result<std::unique_ptr<Tokenizer>> ReadTokenizer(const std::string& path);

}  // namespace offramp
