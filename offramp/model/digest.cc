#include "offramp/model/digest.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>

#include <openssl/evp.h>

#include "offramp/base/check.h"

namespace offramp {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    const bool ready =
        context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
    OFFRAMP_CHECK(ready, "OpenSSL offers SHA-256");
  }

  void Add(std::string_view bytes) {
    const bool added = EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
    OFFRAMP_CHECK(added, "hashing in memory does not fail");
  }

  std::string Hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    const bool done = EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1;
    OFFRAMP_CHECK(done && size * 2 == kSha256HexDigits, "a SHA-256 has 32 bytes");
    std::string text;
    text.reserve(kSha256HexDigits);
    for (unsigned int i = 0; i < size; ++i) {
      text += kHexDigits[digest[i] >> 4];
      text += kHexDigits[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  Sha256 digest;
  digest.Add(bytes);
  return digest.Hex();
}

Result<std::string> FileSha256(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return NotFoundError(path + ": there is no such file");
  }
  // Reading a pipe or a device could take forever.
  if (status.type() != std::filesystem::file_type::regular) {
    return InvalidArgumentError(path + ": is not a regular file");
  }
  std::ifstream file(path, std::ios::binary);
  Sha256 digest;
  std::array<char, 1 << 16> piece;
  while (file) {
    file.read(piece.data(), piece.size());
    digest.Add({piece.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (!file.eof()) return InvalidArgumentError(path + ": cannot be read");
  return digest.Hex();
}

Status CheckFileSha256(const std::string& path, const std::string& expected) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string digest, FileSha256(path));
  if (digest == expected) return OkStatus();
  return FailedPreconditionError(path + ": has SHA-256 " + digest + ", expected " + expected +
                                 " as bundle.yaml says");
}

bool IsSha256Hex(std::string_view text) {
  return text.size() == kSha256HexDigits &&
         text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

}  // namespace offramp
