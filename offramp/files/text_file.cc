#include "offramp/files/text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "offramp/base/text.h"

namespace offramp {

Result<std::string> ReadTextFile(const std::string& path, std::size_t max_bytes) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return NotFoundError(path + ": there is no such file");
  }
  if (status.type() != std::filesystem::file_type::regular) {
    return InvalidArgumentError(path + ": is not a regular file");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return InvalidArgumentError(path + ": cannot be opened: " + std::strerror(errno));
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return InvalidArgumentError(path + ": cannot be read: " + error.message());
  if (size > max_bytes) {
    return InvalidArgumentError(path +
                                Format(": has %ju bytes, expected at most %zu", size, max_bytes));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  // Files under /proc and files that shrink meanwhile are shorter than they say.
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace offramp
