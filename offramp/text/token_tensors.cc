#include "offramp/text/token_tensors.h"

#include <algorithm>
#include <utility>

namespace offramp {

namespace {

Tensor Padded(const std::string& name, const std::vector<std::vector<std::int64_t>>& rows,
              std::size_t width, std::int64_t padding) {
  MutableBuffer bytes(rows.size() * width * sizeof(std::int64_t));
  auto* at = reinterpret_cast<std::int64_t*>(bytes.data());
  for (const std::vector<std::int64_t>& row : rows) {
    std::fill(std::copy(row.begin(), row.end(), at), at + width, padding);
    at += width;
  }
  return {.name = name,
          .datatype = DataType::kInt64,
          .shape = {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(width)},
          .data = std::move(bytes).Freeze()};
}

}  // namespace

std::vector<Tensor> TokenTensors(const Tokenizer& tokenizer, const TokenTensorNames& names,
                                 std::span<const std::string_view> texts, std::size_t max_tokens) {
  std::vector<std::vector<std::int64_t>> ids;
  std::vector<std::vector<std::int64_t>> mask;
  std::vector<std::vector<std::int64_t>> types;
  std::size_t width = 1;
  for (const std::string_view text : texts) {
    TokenizedText tokens = tokenizer.Encode(text, max_tokens);
    width = std::max(width, tokens.ids.size());
    mask.emplace_back(tokens.ids.size(), 1);
    ids.push_back(std::move(tokens.ids));
    types.push_back(std::move(tokens.types));
  }
  std::vector<Tensor> tensors = {Padded(names.ids, ids, width, tokenizer.pad_id()),
                                 Padded(names.mask, mask, width, 0)};
  if (!names.types.empty()) tensors.push_back(Padded(names.types, types, width, 0));
  return tensors;
}

}  // namespace offramp
