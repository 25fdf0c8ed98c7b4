#include "offramp/core/tensor.h"

#include <array>
#include <cstring>

#include "offramp/base/check.h"

namespace offramp {

namespace {

struct DataTypeFacts {
  std::string_view name;
  std::int64_t bytes;
};

constexpr std::array<DataTypeFacts, kDataTypeCount> kFacts = {{{"BOOL", 1},
                                                               {"UINT8", 1},
                                                               {"UINT16", 2},
                                                               {"UINT32", 4},
                                                               {"UINT64", 8},
                                                               {"INT8", 1},
                                                               {"INT16", 2},
                                                               {"INT32", 4},
                                                               {"INT64", 8},
                                                               {"FP16", 2},
                                                               {"BF16", 2},
                                                               {"FP32", 4},
                                                               {"FP64", 8},
                                                               {"BYTES", 0}}};

const DataTypeFacts& FactsOf(DataType type) { return kFacts.at(static_cast<std::size_t>(type)); }

std::size_t RowBytes(const Tensor& tensor) {
  const std::int64_t rows = tensor.rows();
  return rows == 0 ? 0 : tensor.data.size() / static_cast<std::size_t>(rows);
}

}  // namespace

std::string_view DataTypeName(DataType type) { return FactsOf(type).name; }

std::optional<DataType> ParseDataType(std::string_view name) {
  for (std::size_t i = 0; i < kFacts.size(); ++i) {
    if (kFacts[i].name == name) return static_cast<DataType>(i);
  }
  return std::nullopt;
}

std::int64_t ElementBytes(DataType type) { return FactsOf(type).bytes; }

std::optional<std::int64_t> ElementCount(const std::vector<std::int64_t>& shape) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 40;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || extent > kLimit) return std::nullopt;
    if (extent > 0 && count > kLimit / extent) return std::nullopt;
    count *= extent;
  }
  return count;
}

Tensor SliceRows(const Tensor& tensor, std::int64_t first, std::int64_t count) {
  OFFRAMP_CHECK(first >= 0 && count >= 0 && first + count <= tensor.rows(), "rows out of bounds");
  const std::size_t row_bytes = RowBytes(tensor);
  Tensor slice = tensor;
  if (!slice.shape.empty()) slice.shape[0] = count;
  slice.data = tensor.data.Slice(static_cast<std::size_t>(first) * row_bytes,
                                 static_cast<std::size_t>(count) * row_bytes);
  return slice;
}

Tensor GatherRows(const Tensor& tensor, const std::vector<std::int64_t>& rows) {
  bool contiguous = true;
  for (std::size_t i = 1; i < rows.size(); ++i) contiguous &= rows[i] == rows[i - 1] + 1;
  if (contiguous) {
    return SliceRows(tensor, rows.empty() ? 0 : rows[0], static_cast<std::int64_t>(rows.size()));
  }
  const std::size_t row_bytes = RowBytes(tensor);
  MutableBuffer bytes(row_bytes * rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Tensor row = SliceRows(tensor, rows[i], 1);
    std::memcpy(bytes.data() + i * row_bytes, row.data.data(), row_bytes);
  }
  Tensor gathered = tensor;
  gathered.shape[0] = static_cast<std::int64_t>(rows.size());
  gathered.data = std::move(bytes).Freeze();
  return gathered;
}

Tensor ConcatRows(const std::vector<const Tensor*>& parts) {
  OFFRAMP_CHECK(!parts.empty(), "nothing to join");
  if (parts.size() == 1) return *parts[0];
  Tensor joined = *parts[0];
  std::size_t bytes_total = 0;
  joined.shape[0] = 0;
  for (const Tensor* part : parts) {
    joined.shape[0] += part->rows();
    bytes_total += part->data.size();
  }
  MutableBuffer bytes(bytes_total);
  std::size_t offset = 0;
  for (const Tensor* part : parts) {
    if (!part->data.empty()) {
      std::memcpy(bytes.data() + offset, part->data.data(), part->data.size());
    }
    offset += part->data.size();
  }
  joined.data = std::move(bytes).Freeze();
  return joined;
}

std::int64_t BytesOf(const std::vector<Tensor>& tensors) {
  std::size_t bytes = 0;
  for (const Tensor& tensor : tensors) bytes += tensor.data.size();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace offramp
