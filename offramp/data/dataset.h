// A data set: rows that fit a model's inputs, perhaps labelled, read piece by piece so that memory
// stays bounded whatever the files hold.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"

namespace offramp {

struct DataRows {
  std::vector<Tensor> inputs;        // by the model's names and datatypes; axis 0: rows
  std::vector<std::int32_t> labels;  // one a row, from 0; empty: the set has none
};

// One thread at a time. Errors of reading name file and row.
class DataSet {
 public:
  virtual ~DataSet() = default;

  virtual std::int64_t rows() const = 0;
  virtual bool labelled() const = 0;

  // Rows [first, first + count), always the same ones. REQUIRES: within rows().
  virtual Result<DataRows> Read(std::int64_t first, std::int64_t count) = 0;
};

}  // namespace offramp
