// Rows in memory that fit tests/data/tiny.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/data/dataset.h"

namespace offramp {

// x [rows, 8] by seed; labels 0 to 3 in turn, or none.
class MemoryData final : public DataSet {
 public:
  MemoryData(std::int64_t rows, bool labelled) : labelled_(labelled) {
    Random random(5);
    for (std::int64_t i = 0; i < 8 * rows; ++i) {
      values_.push_back(static_cast<float>(4 * random.Uniform() - 2));
    }
  }

  std::int64_t rows() const override { return static_cast<std::int64_t>(values_.size()) / 8; }
  bool labelled() const override { return labelled_; }

  Result<DataRows> Read(std::int64_t first, std::int64_t count) override {
    reads_ += count;
    DataRows rows;
    Tensor x{.name = "x", .datatype = DataType::kFp32, .shape = {count, 8}};
    x.data = Buffer::CopyOf(
        std::as_bytes(std::span(values_.data() + 8 * first, static_cast<std::size_t>(8 * count))));
    rows.inputs = {std::move(x)};
    for (std::int64_t i = first; labelled_ && i < first + count; ++i) {
      rows.labels.push_back(static_cast<std::int32_t>(i % 4));
    }
    return rows;
  }

  std::int64_t reads() const { return reads_; }

 private:
  std::vector<float> values_;
  bool labelled_;
  std::int64_t reads_ = 0;
};

}  // namespace offramp
