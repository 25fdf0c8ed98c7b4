// Content-Encoding gzip and deflate, by zlib. Bodies come from strangers: inflating stops at a
// bound, so that a small bomb costs no more than an honest body.
#pragma once

#include <string_view>
#include <vector>

#include "offramp/base/buffer.h"
#include "offramp/base/result.h"

namespace offramp {

enum class Encoding {
  kIdentity,
  kGzip,
  kDeflate
};  // deflate is the zlib format (RFC 9110, 8.4.1.2)

// "", "identity", "gzip", "x-gzip", "deflate", any case; kInvalidArgument for any other.
Result<Encoding> ParseContentEncoding(std::string_view header);

// What an Accept-Encoding header allows best: gzip, then deflate, then identity; a coding with q=0
// is refused. An absent header means identity.
Encoding ChooseEncoding(std::string_view accept_encoding);

// "gzip" and so on.
std::string_view EncodingName(Encoding encoding);

// kInvalidArgument for a body that is not of that encoding or is cut short; kResourceExhausted once
// more than `max_bytes` come out.
Result<Buffer> Inflate(Encoding encoding, const Buffer& body, std::size_t max_bytes);

// All `parts`, joined and compressed at zlib's fastest level. REQUIRES: not kIdentity.
Buffer Deflate(Encoding encoding, const std::vector<Buffer>& parts);

}  // namespace offramp
