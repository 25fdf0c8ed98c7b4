#include "offramp/gateway/text_stage.h"

#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/model/digest.h"
#include "offramp/text/token_tensors.h"
#include "offramp/text/utf8.h"

namespace offramp {

namespace {

Status WrongText(const Tensor& texts, std::size_t row, const std::string& what) {
  return InvalidArgumentError("input \"" + texts.name +
                              Format("\": row %zu, counted from 0, ", row) + what);
}

}  // namespace

TextStage::TextStage(const BundleTokenizer& facts, std::unique_ptr<Tokenizer> tokenizer)
    : facts_(facts), tokenizer_(std::move(tokenizer)) {}

Result<std::unique_ptr<const TextStage>> TextStage::Load(const Bundle& bundle) {
  const BundleTokenizer& facts = *bundle.tokenizer;
  const std::string path = (std::filesystem::path(bundle.folder) / facts.file).string();
  OFFRAMP_RETURN_IF_ERROR(CheckFileSha256(path, facts.sha256));
  OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, ReadTokenizer(path));
  if (tokenizer->special_tokens() > static_cast<std::size_t>(facts.max_tokens)) {
    return InvalidArgumentError(
        path + Format(": puts %zu tokens around every text, expected at most the bundle's "
                      "max_tokens, %lld",
                      tokenizer->special_tokens(), static_cast<long long>(facts.max_tokens)));
  }
  return std::unique_ptr<const TextStage>(std::make_unique<TextStage>(facts, std::move(tokenizer)));
}

Result<std::vector<Tensor>> TextStage::Run(const Tensor& texts) const {
  if (texts.data.size() > kMaxRequestBytes) {
    return InvalidArgumentError(
        Format("input \"%s\" has %zu bytes of text, at most %zu are accepted", texts.name.c_str(),
               texts.data.size(), kMaxRequestBytes));
  }
  std::vector<std::string_view> rows;
  for (std::string_view left = texts.data.text(); !left.empty();) {
    std::uint32_t length = 0;
    std::memcpy(&length, left.data(), sizeof(length));
    const std::string_view text = left.substr(sizeof(length), length);
    left.remove_prefix(sizeof(length) + length);
    if (text.empty()) return WrongText(texts, rows.size(), "is empty, expected text");
    if (text.size() > kMaxTextBytes) {
      return WrongText(
          texts, rows.size(),
          Format("has %zu bytes, at most %zu are accepted", text.size(), kMaxTextBytes));
    }
    if (!IsUtf8(text)) return WrongText(texts, rows.size(), "is no UTF-8");
    rows.push_back(text);
  }
  return TokenTensors(*tokenizer_, {facts_.ids, facts_.mask, facts_.types}, rows,
                      static_cast<std::size_t>(facts_.max_tokens));
}

}  // namespace offramp
