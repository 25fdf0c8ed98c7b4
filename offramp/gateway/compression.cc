#include "offramp/gateway/compression.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <zlib.h>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib: 16 selects the gzip format
constexpr int kZlibWindow = 15;
constexpr std::size_t kChunkBytes = 64 << 10;

int WindowOf(Encoding encoding) { return encoding == Encoding::kGzip ? kGzipWindow : kZlibWindow; }

std::string Lower(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// zlib counts input in 32 bits; our bodies are bounded far below, but nothing here relies on it.
uInt ChunkOf(std::size_t bytes) {
  return static_cast<uInt>(std::min<std::size_t>(bytes, std::size_t{1} << 30));
}

Bytef* ZlibInput(const std::byte* data) {
  return reinterpret_cast<Bytef*>(const_cast<std::byte*>(data));  // zlib only reads it
}

class Inflater {
 public:
  explicit Inflater(Encoding encoding) { ok_ = inflateInit2(&stream_, WindowOf(encoding)) == Z_OK; }
  ~Inflater() {
    if (ok_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ok() const { return ok_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ok_ = false;
};

}  // namespace

Result<Encoding> ParseContentEncoding(std::string_view header) {
  const std::string name = Lower(header);
  if (name.empty() || name == "identity") return Encoding::kIdentity;
  if (name == "gzip" || name == "x-gzip") return Encoding::kGzip;
  if (name == "deflate") return Encoding::kDeflate;
  return InvalidArgumentError("Content-Encoding '" + name.substr(0, 64) +
                              "' is not supported: gzip, deflate or none");
}

Encoding ChooseEncoding(std::string_view accept_encoding) {
  bool gzip = false;
  bool deflate = false;
  for (const std::string& entry : Split(accept_encoding, ',')) {
    const std::vector<std::string> parts = Split(entry, ';');
    if (parts.empty()) continue;
    bool refused = false;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string parameter = Lower(parts[i]);
      if (parameter.starts_with("q=")) {
        refused = std::strtod(parameter.c_str() + 2, nullptr) <= 0;
      }
    }
    const std::string name = Lower(parts[0]);
    if (name == "gzip" || name == "x-gzip") gzip = !refused;
    if (name == "deflate") deflate = !refused;
  }
  if (gzip) return Encoding::kGzip;
  return deflate ? Encoding::kDeflate : Encoding::kIdentity;
}

std::string_view EncodingName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kGzip:
      return "gzip";
    case Encoding::kDeflate:
      return "deflate";
    case Encoding::kIdentity:
      break;
  }
  return "identity";
}

Result<Buffer> Inflate(Encoding encoding, const Buffer& body, std::size_t max_bytes) {
  if (encoding == Encoding::kIdentity) return body;
  Inflater inflater(encoding);
  if (!inflater.ok()) return InternalError("zlib could not start");
  z_stream& stream = inflater.stream();

  const std::string name(EncodingName(encoding));
  std::string out;
  std::size_t consumed = 0;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    const uInt given = ChunkOf(body.size() - consumed);
    stream.next_in = ZlibInput(body.data() + consumed);
    stream.avail_in = given;
    const std::size_t old_size = out.size();
    // One byte beyond the bound tells "exactly at it" from "over it".
    const std::size_t room = std::min(std::max(kChunkBytes, old_size), max_bytes + 1 - old_size);
    out.resize(old_size + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + old_size);
    stream.avail_out = ChunkOf(room);
    const uInt asked = stream.avail_out;
    result = inflate(&stream, Z_NO_FLUSH);
    consumed += given - stream.avail_in;
    out.resize(old_size + (asked - stream.avail_out));
    if (out.size() > max_bytes) {
      return ResourceExhaustedError(
          Format("the %s body inflates to more than %zu bytes", name.c_str(), max_bytes));
    }
    const bool starved = result == Z_BUF_ERROR || (consumed == body.size() && stream.avail_out > 0);
    if (result != Z_STREAM_END && (starved || (result != Z_OK && result != Z_BUF_ERROR))) {
      return InvalidArgumentError("the body is not a whole " + name + " stream");
    }
  }
  if (consumed != body.size()) {
    return InvalidArgumentError("bytes follow the " + name + " stream in the body");
  }
  auto owner = std::make_shared<std::string>(std::move(out));
  const auto* data = reinterpret_cast<const std::byte*>(owner->data());
  const std::size_t size = owner->size();
  return Buffer(std::move(owner), data, size);
}

Buffer Deflate(Encoding encoding, const std::vector<Buffer>& parts) {
  OFFRAMP_CHECK(encoding != Encoding::kIdentity, "nothing to compress with");
  z_stream stream{};
  OFFRAMP_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WindowOf(encoding), 8,
                             Z_DEFAULT_STRATEGY) == Z_OK,
                "zlib could not start");
  std::string out;
  const auto pump = [&](int flush) {
    do {
      const std::size_t old_size = out.size();
      out.resize(old_size + kChunkBytes);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + old_size);
      stream.avail_out = kChunkBytes;
      (void)deflate(&stream, flush);
      out.resize(old_size + kChunkBytes - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  for (const Buffer& part : parts) {
    for (std::size_t offset = 0; offset < part.size();) {
      const uInt given = ChunkOf(part.size() - offset);
      stream.next_in = ZlibInput(part.data() + offset);
      stream.avail_in = given;
      pump(Z_NO_FLUSH);
      offset += given;
    }
  }
  stream.next_in = nullptr;
  stream.avail_in = 0;
  pump(Z_FINISH);
  deflateEnd(&stream);
  auto owner = std::make_shared<std::string>(std::move(out));
  const auto* data = reinterpret_cast<const std::byte*>(owner->data());
  const std::size_t size = owner->size();
  return Buffer(std::move(owner), data, size);
}

}  // namespace offramp
