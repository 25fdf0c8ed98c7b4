// Files to read from at any place, and temporary ones for what only comes as a stream.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "offramp/base/result.h"

namespace offramp {

// An open file. Reading is safe from several threads (pread).
class InputFile {
 public:
  // The regular file `path`. kNotFound or kInvalidArgument, naming it.
  static Result<std::shared_ptr<const InputFile>> Open(const std::string& path);

  // The same; where the file is gzip's, a temporary file with what it unpacks to. kInvalidArgument
  // for a torn one, kInternal where there is no room.
  static Result<std::shared_ptr<const InputFile>> OpenUnpacked(const std::string& path);

  // A temporary file without a name, filled by `source`: up to bytes.size() bytes a call, 0 at the
  // end. Ends with kInvalidArgument beyond `max_bytes`. `name` is for messages.
  using Source = std::function<Result<std::size_t>(std::span<std::byte> bytes)>;
  static Result<std::shared_ptr<const InputFile>> Spool(const std::string& name,
                                                        std::int64_t max_bytes,
                                                        const Source& source);

  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& name() const { return name_; }
  std::int64_t size() const { return size_; }

  // kInvalidArgument when the file ends before that, or cannot be read.
  Status ReadAt(std::int64_t offset, std::span<std::byte> bytes) const;

 private:
  InputFile(std::string name, int descriptor, std::int64_t size)
      : name_(std::move(name)), descriptor_(descriptor), size_(size) {}

  const std::string name_;
  const int descriptor_;
  const std::int64_t size_;
};

// What a temporary file may hold at most; more than any sensible set, less than what a bomb of a
// few bytes unpacks to.
inline constexpr std::int64_t kMostSpooledBytes = std::int64_t{1} << 36;

}  // namespace offramp
