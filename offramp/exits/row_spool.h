// Rows of floats, many of them: in memory, or in a temporary file that has no name.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "offramp/base/result.h"

namespace offramp {

// One thread at a time.
class RowSpool {
 public:
  // Of `width` >= 1 numbers a row. Not in memory: in the system's temporary folder (TMPDIR), and
  // gone with the process whatever happens. kInternal: there is no such folder to write to.
  static Result<RowSpool> Create(std::int64_t width, bool in_memory);

  RowSpool(RowSpool&& other) noexcept;
  RowSpool& operator=(RowSpool&& other) noexcept;
  RowSpool(const RowSpool&) = delete;
  RowSpool& operator=(const RowSpool&) = delete;
  ~RowSpool();

  std::int64_t width() const { return width_; }
  std::int64_t rows() const { return rows_; }

  // One or more whole rows. kInternal: the disk is full.
  Status Append(std::span<const float> values);

  // Rows [first, first + out.size() / width). REQUIRES: within rows(). kInternal: the disk fails.
  Status Read(std::int64_t first, std::span<float> out) const;

 private:
  RowSpool(std::int64_t width, int file) : width_(width), file_(file) {}

  std::int64_t width_;
  std::int64_t rows_ = 0;
  int file_;                   // -1: in memory
  std::vector<float> values_;  // in memory
};

}  // namespace offramp
