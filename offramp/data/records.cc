#include "offramp/data/records.h"

#include <algorithm>
#include <charconv>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr std::int64_t kPieceBytes = std::int64_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

template <typename T>
bool ParseWhole(std::string_view text, T& value) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<std::unique_ptr<TextRecords>> TextRecords::Open(const std::string& path, bool quoted) {
  OFFRAMP_ASSIGN_OR_RETURN(std::shared_ptr<const InputFile> file, InputFile::OpenUnpacked(path));
  std::unique_ptr<TextRecords> records(new TextRecords(std::move(file)));
  OFFRAMP_RETURN_IF_ERROR(records->Scan(quoted));
  return records;
}

Status TextRecords::TooLong(std::int64_t line) const {
  return InvalidArgumentError(Format("%s:%lld: is longer than %lld bytes", name().c_str(),
                                     static_cast<long long>(line),
                                     static_cast<long long>(kMostBytes)));
}

Status TextRecords::Scan(bool quoted) {
  std::vector<std::byte> piece;
  std::int64_t start = 0;
  std::int64_t line = 1;
  std::int64_t first_line = 1;  // of the record under way
  bool in_quotes = false;
  char last = '\0';  // the character before
  const auto is_blank = [&](std::int64_t end) {
    return end == start || (end == start + 1 && last == '\r');
  };
  const auto end_record = [&](std::int64_t end) {
    if (!is_blank(end)) {
      starts_.push_back({start, static_cast<std::int32_t>(end - start),
                         static_cast<std::int32_t>(first_line - count())});
    }
  };
  for (std::int64_t at = 0; at < file_->size(); at += kPieceBytes) {
    piece.resize(static_cast<std::size_t>(std::min(kPieceBytes, file_->size() - at)));
    OFFRAMP_RETURN_IF_ERROR(file_->ReadAt(at, piece));
    if (at == 0 && piece.size() >= kByteOrderMark.size() &&
        std::equal(kByteOrderMark.begin(), kByteOrderMark.end(),
                   reinterpret_cast<const char*>(piece.data()))) {
      start = static_cast<std::int64_t>(kByteOrderMark.size());
    }
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const auto c = static_cast<char>(piece[i]);
      if (quoted && c == '"') in_quotes = !in_quotes;
      if (c != '\n') {
        last = c;
        continue;
      }
      ++line;
      if (in_quotes) continue;
      const std::int64_t here = at + static_cast<std::int64_t>(i);
      if (here - start > kMostBytes) return TooLong(first_line);
      end_record(here);
      start = here + 1;
      first_line = line;
    }
  }
  if (in_quotes) {
    return InvalidArgumentError(Format("%s:%lld: a quote begins that never ends", name().c_str(),
                                       static_cast<long long>(first_line)));
  }
  if (file_->size() - start > kMostBytes) return TooLong(first_line);
  end_record(file_->size());
  return starts_.empty() ? InvalidArgumentError(name() + ": is empty") : OkStatus();
}

Result<std::string> TextRecords::Read(std::int64_t i) const {
  const Start& start = starts_[static_cast<std::size_t>(i)];
  std::string text(static_cast<std::size_t>(start.bytes), '\0');
  OFFRAMP_RETURN_IF_ERROR(
      file_->ReadAt(start.offset, std::as_writable_bytes(std::span(text.data(), text.size()))));
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

std::string TextRecords::Where(std::int64_t i) const {
  const Start& start = starts_[static_cast<std::size_t>(i)];
  return name() + ":" + std::to_string(i + start.extra_lines);
}

Result<std::vector<std::string>> SplitCsvRecord(std::string_view record) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  bool closed = false;  // the field's quotes have ended
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (i + 1 < record.size() && record[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        quoted = false;
        closed = true;
      }
    } else if (c == ',') {
      fields.emplace_back();
      closed = false;
    } else if (c == '"' && fields.back().empty() && !closed) {
      quoted = true;
    } else if (c == '"' || (closed && c != ' ')) {
      return InvalidArgumentError(Format("column %zu has text around its quotes", fields.size()));
    } else if (!closed) {
      fields.back() += c;
    }
  }
  if (quoted) return InvalidArgumentError("a quote begins that never ends");
  return fields;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool ParseNumber(std::string_view text, double& value) { return ParseWhole(text, value); }

bool ParseInteger(std::string_view text, std::int64_t& value) { return ParseWhole(text, value); }

}  // namespace offramp
