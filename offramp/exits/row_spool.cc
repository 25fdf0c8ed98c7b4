#include "offramp/exits/row_spool.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>

namespace offramp {

namespace {

Status DiskError(const std::string& what) {
  return InternalError("a temporary file cannot be " + what + ": " + std::strerror(errno));
}

}  // namespace

Result<RowSpool> RowSpool::Create(std::int64_t width, bool in_memory) {
  if (in_memory) return RowSpool(width, -1);
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) return InternalError("there is no temporary folder: " + error.message());
  std::string path = (folder / "offramp-rows-XXXXXX").string();
  const int file = ::mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) return DiskError("made in " + folder.string());
  ::unlink(path.c_str());
  return RowSpool(width, file);
}

RowSpool::RowSpool(RowSpool&& other) noexcept
    : width_(other.width_),
      rows_(other.rows_),
      file_(std::exchange(other.file_, -1)),
      values_(std::move(other.values_)) {}

RowSpool& RowSpool::operator=(RowSpool&& other) noexcept {
  if (this == &other) return *this;
  if (file_ >= 0) ::close(file_);
  width_ = other.width_;
  rows_ = other.rows_;
  file_ = std::exchange(other.file_, -1);
  values_ = std::move(other.values_);
  return *this;
}

RowSpool::~RowSpool() {
  if (file_ >= 0) ::close(file_);
}

Status RowSpool::Append(std::span<const float> values) {
  OFFRAMP_CHECK(values.size() % static_cast<std::size_t>(width_) == 0, "whole rows");
  if (file_ < 0) {
    values_.insert(values_.end(), values.begin(), values.end());
  } else {
    auto bytes = std::as_bytes(values);
    off_t at = static_cast<off_t>(rows_ * width_) * static_cast<off_t>(sizeof(float));
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), at);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return DiskError("written");
      at += written;
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  rows_ += static_cast<std::int64_t>(values.size()) / width_;
  return OkStatus();
}

Status RowSpool::Read(std::int64_t first, std::span<float> out) const {
  const auto count = static_cast<std::int64_t>(out.size()) / width_;
  OFFRAMP_CHECK(first >= 0 && first + count <= rows_, "rows that are there");
  if (file_ < 0) {
    std::copy_n(values_.begin() + first * width_, out.size(), out.begin());
    return OkStatus();
  }
  auto bytes = std::as_writable_bytes(out);
  off_t at = static_cast<off_t>(first * width_) * static_cast<off_t>(sizeof(float));
  while (!bytes.empty()) {
    const ssize_t got = ::pread(file_, bytes.data(), bytes.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return DiskError("read");
    at += got;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return OkStatus();
}

}  // namespace offramp
