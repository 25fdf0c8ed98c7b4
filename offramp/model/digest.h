// SHA-256 of bytes and files, as bundles spell it: 64 lower-case hex digits.
#pragma once

#include <string>
#include <string_view>

#include "offramp/base/result.h"

namespace offramp {

// Hex digits in a digest.
inline constexpr std::size_t kSha256HexDigits = 64;

// Digest of `bytes`. Thread-safe.
std::string Sha256Hex(std::string_view bytes);

// Digest of a regular file's content, read in pieces: memory does not grow with the file.
// Errors: kNotFound when it is not there, kInvalidArgument when it is no regular file or cannot be
// read; both name the file.
Result<std::string> FileSha256(const std::string& path);

// Whether a file is the one that bundle.yaml means. FileSha256's errors; kFailedPrecondition when
// its content is another.
Status CheckFileSha256(const std::string& path, const std::string& expected);

// Whether `text` is written as a digest.
bool IsSha256Hex(std::string_view text);

}  // namespace offramp
