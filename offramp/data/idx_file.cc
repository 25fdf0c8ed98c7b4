#include "offramp/data/idx_file.h"

#include <filesystem>

#include "offramp/base/text.h"
#include "offramp/data/stored_array.h"

namespace offramp {
namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 31;

std::string EitherName(const std::string& stem) {
  std::error_code error;
  return std::filesystem::exists(stem, error) ? stem : stem + ".gz";
}

}  // namespace

std::int64_t IdxArray::sample_bytes() const {
  std::int64_t bytes = shape.empty() ? 0 : 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) bytes *= shape[axis];
  return bytes;
}

Result<IdxArray> ReadIdxFile(const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const StoredArray stored, OpenIdx(path));
  if (stored.datatype != DataType::kUint8) {
    return InvalidArgumentError(path + ": holds " + std::string(DataTypeName(stored.datatype)) +
                                ", expected unsigned bytes");
  }
  const std::int64_t bytes = stored.rows() * stored.row_bytes();
  if (bytes > kMaxBytes) return InvalidArgumentError(path + ": holds more than 2 GiB");
  IdxArray array{.shape = stored.shape, .data = {}};
  array.data.resize(static_cast<std::size_t>(bytes));
  OFFRAMP_RETURN_IF_ERROR(
      stored.Read(0, stored.rows(), std::as_writable_bytes(std::span(array.data))));
  return array;
}

Result<LabelledImages> ReadTestSet(const std::string& folder) {
  const std::string images = EitherName(folder + "/t10k-images-idx3-ubyte");
  std::error_code error;
  if (!std::filesystem::exists(images, error)) {
    return NotFoundError(folder +
                         ": has no t10k-images-idx3-ubyte.gz; Debian's package "
                         "dataset-fashion-mnist provides it (`make deps`)");
  }
  LabelledImages set;
  OFFRAMP_ASSIGN_OR_RETURN(set.images, ReadIdxFile(images));
  const std::string labels = EitherName(folder + "/t10k-labels-idx1-ubyte");
  OFFRAMP_ASSIGN_OR_RETURN(set.labels, ReadIdxFile(labels));
  if (set.labels.shape.size() != 1 || set.labels.samples() != set.images.samples()) {
    return InvalidArgumentError(
        Format("%s: has %lld labels, expected one for each of the %lld images", labels.c_str(),
               static_cast<long long>(set.labels.samples()),
               static_cast<long long>(set.images.samples())));
  }
  return set;
}

}  // namespace offramp
