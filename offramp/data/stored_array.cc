#include "offramp/data/stored_array.h"

#include <algorithm>

#include "offramp/base/text.h"

namespace offramp {

namespace {

void SwapBytes(std::span<std::byte> bytes, std::int64_t width) {
  for (auto at = bytes.begin(); at != bytes.end(); at += width) std::reverse(at, at + width);
}

Result<StoredArray> OpenWith(std::shared_ptr<const InputFile> file, std::size_t header_bytes,
                             Result<StoredArray> (*parse)(std::span<const std::byte>,
                                                          const std::string&)) {
  std::vector<std::byte> head(std::min(header_bytes, static_cast<std::size_t>(file->size())));
  OFFRAMP_RETURN_IF_ERROR(file->ReadAt(0, head));
  OFFRAMP_ASSIGN_OR_RETURN(StoredArray array, parse(head, file->name()));
  array.file = std::move(file);
  OFFRAMP_RETURN_IF_ERROR(array.Check());
  return array;
}

}  // namespace

std::vector<std::int64_t> StoredArray::row_shape() const {
  return shape.empty() ? shape : std::vector<std::int64_t>(shape.begin() + 1, shape.end());
}

std::int64_t StoredArray::row_bytes() const {
  return ElementCount(row_shape()).value_or(0) * ElementBytes(datatype);
}

Status StoredArray::Check() const {
  const std::optional<std::int64_t> elements = ElementCount(shape);
  if (!elements) return InvalidArgumentError(name + ": claims more elements than any disk holds");
  if (shape.empty()) return InvalidArgumentError(name + ": is one number, expected rows");
  if (*elements == 0) return InvalidArgumentError(name + ": holds no rows");
  const std::int64_t bytes = *elements * ElementBytes(datatype);
  if (bytes > file->size() - offset) {
    return InvalidArgumentError(Format("%s: ends before the %lld bytes that its header claims",
                                       name.c_str(), static_cast<long long>(bytes)));
  }
  return OkStatus();
}

Status StoredArray::Read(std::int64_t first, std::int64_t count, std::span<std::byte> bytes) const {
  OFFRAMP_CHECK(static_cast<std::int64_t>(bytes.size()) == count * row_bytes(), "as many bytes");
  OFFRAMP_RETURN_IF_ERROR(file->ReadAt(offset + first * row_bytes(), bytes));
  if (big_endian) SwapBytes(bytes, ElementBytes(datatype));
  return OkStatus();
}

Result<StoredArray> OpenNpy(const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(std::shared_ptr<const InputFile> file, InputFile::Open(path));
  return OpenWith(std::move(file), kMostNpyHeaderBytes, &ParseNpyHeader);
}

Result<StoredArray> OpenIdx(const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(std::shared_ptr<const InputFile> file, InputFile::OpenUnpacked(path));
  return OpenWith(std::move(file), kMostIdxHeaderBytes, &ParseIdxHeader);
}

Result<StoredArray> ParseIdxHeader(std::span<const std::byte> bytes, const std::string& name) {
  const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  if (bytes.size() < 4 || byte(0) != 0 || byte(1) != 0) {
    return InvalidArgumentError(name + ": does not begin like an IDX file");
  }
  StoredArray array;
  array.name = name;
  array.big_endian = true;
  switch (byte(2)) {
    case 0x08:
      array.datatype = DataType::kUint8;
      break;
    case 0x09:
      array.datatype = DataType::kInt8;
      break;
    case 0x0b:
      array.datatype = DataType::kInt16;
      break;
    case 0x0c:
      array.datatype = DataType::kInt32;
      break;
    case 0x0d:
      array.datatype = DataType::kFp32;
      break;
    case 0x0e:
      array.datatype = DataType::kFp64;
      break;
    default:
      return InvalidArgumentError(
          Format("%s: has element type %u, expected one of IDX's", name.c_str(), byte(2)));
  }
  const std::size_t axes = byte(3);
  if (axes < 1 || axes > kMostIdxAxes) {
    return InvalidArgumentError(
        Format("%s: has %zu axes, expected 1 to %zu", name.c_str(), axes, kMostIdxAxes));
  }
  array.offset = static_cast<std::int64_t>(4 + 4 * axes);
  if (bytes.size() < static_cast<std::size_t>(array.offset)) {
    return InvalidArgumentError(name + ": ends within its header");
  }
  for (std::size_t at = 4; at < 4 + 4 * axes; at += 4) {
    array.shape.push_back(std::int64_t{byte(at)} << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 |
                          byte(at + 3));
  }
  return array;
}

}  // namespace offramp
