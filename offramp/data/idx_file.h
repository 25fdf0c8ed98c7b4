// Whole IDX files of unsigned bytes, the format of MNIST and its successors, in memory: what the
// load generator sends. Larger ones and other types: stored_array.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "offramp/base/result.h"

namespace offramp {

struct IdxArray {
  std::vector<std::int64_t> shape;  // axis 0: samples
  std::vector<std::uint8_t> data;

  std::int64_t samples() const { return shape.empty() ? 0 : shape[0]; }
  std::int64_t sample_bytes() const;
};

// Plain or gzip. kNotFound or kInvalidArgument, naming the file. At most 2^31 bytes.
Result<IdxArray> ReadIdxFile(const std::string& path);

// Images with their labels.
struct LabelledImages {
  IdxArray images;  // [n, height, width]
  IdxArray labels;  // [n]
};

// The test set of a folder as Debian's dataset-fashion-mnist has it: t10k-images-idx3-ubyte and
// t10k-labels-idx1-ubyte, each with or without ".gz".
Result<LabelledImages> ReadTestSet(const std::string& folder);

// Where Debian's package dataset-fashion-mnist puts it.
inline constexpr char kFashionMnistFolder[] = "/usr/share/datasets/fashion-mnist";

}  // namespace offramp
