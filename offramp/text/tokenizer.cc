#include "offramp/text/tokenizer.h"

#include <filesystem>
#include <fstream>
#include <new>

#include "offramp/text/tokenizer_json.h"
#include "offramp/text/word_piece.h"

namespace offramp {

namespace {

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{64} << 20;

}  // namespace

Result<std::unique_ptr<Tokenizer>> ParseTokenizer(std::string_view json, const std::string& name) {
  try {
    OFFRAMP_ASSIGN_OR_RETURN(WordPieceRules rules, ReadWordPieceRules(json, name));
    return WordPieceTokenizer::Create(std::move(rules));
  } catch (const std::exception& error) {
    return InvalidArgumentError(name + ": " + error.what());
  }
}

Result<std::unique_ptr<Tokenizer>> ReadTokenizer(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return NotFoundError(path + ": there is no such file");
  }
  const std::uintmax_t bytes = std::filesystem::is_regular_file(status)
                                   ? std::filesystem::file_size(path, error)
                                   : kMaxFileBytes + 1;
  if (error || bytes > kMaxFileBytes) {
    return InvalidArgumentError(path + ": is no readable file of at most 64 MiB");
  }
  std::string text(static_cast<std::size_t>(bytes), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    return InvalidArgumentError(path + ": cannot be read");
  }
  return ParseTokenizer(text, path);
}

}  // namespace offramp
