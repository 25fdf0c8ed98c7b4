// Reads what a tokenizer.json says of a WordPiece tokenizer.
#pragma once

#include <string>
#include <string_view>

#include "offramp/base/result.h"
#include "offramp/text/word_piece.h"

namespace offramp {

// kInvalidArgument, "NAME: KEY: what is wrong, what is expected", for everything that would not be
// done exactly as the reference does it: other kinds of model, normaliser or splitting, tokens with
// options that we lack, keys that are not known here.
Result<WordPieceRules> ReadWordPieceRules(std::string_view json, const std::string& name);

}  // namespace offramp
