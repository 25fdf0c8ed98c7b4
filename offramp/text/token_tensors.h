// Tokenized rows as the tensors that stage 1 of a text model receives.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/core/tensor.h"
#include "offramp/text/tokenizer.h"

namespace offramp {

struct TokenTensorNames {
  std::string ids;
  std::string mask;
  std::string types;  // empty: the model does not receive them
};

// INT64 tensors [texts, tokens] in the order of the names, as wide as the longest row; shorter ones
// are padded on the right with pad_id, mask 0 and type 0. Rows of no tokens at all are one wide.
// REQUIRES: at least one text; max_tokens as Encode wants it. Thread-safe.
std::vector<Tensor> TokenTensors(const Tokenizer& tokenizer, const TokenTensorNames& names,
                                 std::span<const std::string_view> texts, std::size_t max_tokens);

}  // namespace offramp
