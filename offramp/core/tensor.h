// A named array. Axis 0 is the batch: every row is a task of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/buffer.h"

namespace offramp {

// Open Inference Protocol datatypes of fixed width, plus BYTES.
enum class DataType : std::uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,  // elements of a uint32 length and that many bytes
};
inline constexpr int kDataTypeCount = static_cast<int>(DataType::kBytes) + 1;

// "FP32" and so on.
std::string_view DataTypeName(DataType type);
std::optional<DataType> ParseDataType(std::string_view name);

// Bytes of one element; 0 for kBytes.
std::int64_t ElementBytes(DataType type);

// A value; copying shares the bytes.
struct Tensor {
  std::string name;
  DataType datatype = DataType::kFp32;
  std::vector<std::int64_t> shape;  // axis 0: rows
  Buffer data;                      // little-endian, row-major, no padding

  std::int64_t rows() const { return shape.empty() ? 1 : shape[0]; }
};

// Product of the shape; nullopt when negative or beyond 2^40 elements.
std::optional<std::int64_t> ElementCount(const std::vector<std::int64_t>& shape);

// Rows [first, first + count) of `tensor`, sharing its bytes. REQUIRES: fixed width, within bounds.
Tensor SliceRows(const Tensor& tensor, std::int64_t first, std::int64_t count);

// The given rows in order; shares bytes when they are one run, copies otherwise.
Tensor GatherRows(const Tensor& tensor, const std::vector<std::int64_t>& rows);

// Of their data, all together.
std::int64_t BytesOf(const std::vector<Tensor>& tensors);

// All rows of `parts` (same name, datatype and row shape) in order; shares bytes of a single part.
Tensor ConcatRows(const std::vector<const Tensor*>& parts);

}  // namespace offramp
