// Text files by line: where each begins, so that any can be read again without holding all; and
// the fields of a line of CSV.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/input_file.h"

namespace offramp {

class TextRecords {
 public:
  // Plain or gzip. `quoted`: a line break within double quotes does not end a record (RFC 4180).
  // Empty lines are left out, also a byte order mark at the beginning. Takes 16 bytes of memory a
  // record. kInvalidArgument for a record beyond kMostBytes or a quote that never ends.
  static Result<std::unique_ptr<TextRecords>> Open(const std::string& path, bool quoted);

  static constexpr std::int64_t kMostBytes = std::int64_t{1} << 24;

  std::int64_t count() const { return static_cast<std::int64_t>(starts_.size()); }
  const std::string& name() const { return file_->name(); }

  // Record `i` without its line end. REQUIRES: 0 <= i < count(). Thread-safe.
  Result<std::string> Read(std::int64_t i) const;

  // "FILE:LINE" of record `i`, for messages.
  std::string Where(std::int64_t i) const;

 private:
  struct Start {
    std::int64_t offset;
    std::int32_t bytes;
    std::int32_t extra_lines;  // line of the record less its index, 1 for the first line
  };

  explicit TextRecords(std::shared_ptr<const InputFile> file) : file_(std::move(file)) {}
  Status Scan(bool quoted);
  Status TooLong(std::int64_t line) const;

  std::shared_ptr<const InputFile> file_;
  std::vector<Start> starts_;
};

// Fields of one record: commas between, double quotes around what holds commas, doubled within
// (RFC 4180). kInvalidArgument for a quote where none may be.
Result<std::vector<std::string>> SplitCsvRecord(std::string_view record);

// Less blanks at both ends.
std::string_view Trimmed(std::string_view text);

// A finite or infinite decimal number and nothing else; false for anything different.
bool ParseNumber(std::string_view text, double& value);
bool ParseInteger(std::string_view text, std::int64_t& value);

}  // namespace offramp
