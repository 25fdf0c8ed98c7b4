// An array as it lies in a file: .npy, a member of .npz, IDX.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/data/input_file.h"

namespace offramp {

// Row-major elements of fixed width from `offset` on.
struct StoredArray {
  std::shared_ptr<const InputFile> file;
  std::string name;  // for messages: the file, of a member "file: member"
  std::int64_t offset = 0;
  DataType datatype = DataType::kUint8;
  bool big_endian = false;
  std::vector<std::int64_t> shape;  // axis 0: rows

  std::int64_t rows() const { return shape.empty() ? 1 : shape[0]; }
  std::vector<std::int64_t> row_shape() const;
  std::int64_t row_bytes() const;

  // Whether the file is long enough for what the header claims, with at least one row.
  Status Check() const;

  // Rows [first, first + count), elements little-endian. REQUIRES: Check() passed, within rows().
  Status Read(std::int64_t first, std::int64_t count, std::span<std::byte> bytes) const;
};

// The header of a .npy: shape, datatype, byte order and how far the data are. `bytes` begins with
// the file; the whole header must be in it. `name` is for messages. kInvalidArgument for everything
// that is no plain array of numbers in row-major order (pickled objects, records, texts).
Result<StoredArray> ParseNpyHeader(std::span<const std::byte> bytes, const std::string& name);

// Enough bytes for the header of any .npy that is accepted.
inline constexpr std::size_t kMostNpyHeaderBytes = (std::size_t{1} << 16) + 12;

Result<StoredArray> OpenNpy(const std::string& path);

// The header of an IDX file: two zero bytes, element type, number of axes, one 32-bit extent an
// axis, all big-endian.
Result<StoredArray> ParseIdxHeader(std::span<const std::byte> bytes, const std::string& name);

inline constexpr std::size_t kMostIdxAxes = 8;
inline constexpr std::size_t kMostIdxHeaderBytes = 4 + 4 * kMostIdxAxes;

// Plain or gzip.
Result<StoredArray> OpenIdx(const std::string& path);

}  // namespace offramp
