#include "offramp/cli/load/idx_file.h"

#include <array>
#include <filesystem>
#include <memory>
#include <zlib.h>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr int kMaxAxes = 4;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 31;
constexpr unsigned char kUnsignedByte = 0x08;

struct GzClose {
  void operator()(gzFile_s* file) const { ::gzclose(file); }
};

bool ReadExactly(gzFile_s* file, std::uint8_t* to, std::int64_t bytes) {
  while (bytes > 0) {
    const auto chunk = static_cast<unsigned>(std::min<std::int64_t>(bytes, 1 << 20));
    const int got = ::gzread(file, to, chunk);
    if (got <= 0) return false;
    to += got;
    bytes -= got;
  }
  return true;
}

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
  // Reads plain files as they are.
  const std::unique_ptr<gzFile_s, GzClose> file(::gzopen(path.c_str(), "rb"));
  if (file == nullptr) return NotFoundError(path + ": cannot be opened, expected an IDX file");
  std::array<std::uint8_t, 4> head{};
  if (!ReadExactly(file.get(), head.data(), 4) || head[0] != 0 || head[1] != 0) {
    return InvalidArgumentError(path + ": does not begin like an IDX file");
  }
  if (head[2] != kUnsignedByte || head[3] < 1 || head[3] > kMaxAxes) {
    return InvalidArgumentError(
        Format("%s: has element type %d and %d axes, expected unsigned bytes (8) and 1 to %d axes",
               path.c_str(), head[2], head[3], kMaxAxes));
  }
  IdxArray array;
  std::int64_t bytes = 1;
  for (int axis = 0; axis < head[3]; ++axis) {
    std::array<std::uint8_t, 4> extent{};
    if (!ReadExactly(file.get(), extent.data(), 4)) {
      return InvalidArgumentError(path + ": ends within its header");
    }
    array.shape.push_back(std::int64_t{extent[0]} << 24 | extent[1] << 16 | extent[2] << 8 |
                          extent[3]);
    if (array.shape.back() > 0 && bytes > kMaxBytes / array.shape.back()) {
      return InvalidArgumentError(path + ": claims more than 2 GiB");
    }
    bytes *= array.shape.back();
  }
  if (bytes == 0) return InvalidArgumentError(path + ": holds no samples");
  array.data.resize(static_cast<std::size_t>(bytes));
  if (!ReadExactly(file.get(), array.data.data(), bytes)) {
    return InvalidArgumentError(
        Format("%s: ends before its %lld bytes", path.c_str(), static_cast<long long>(bytes)));
  }
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
