// A data set of arrays in files, one an input.
#pragma once

#include <memory>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"
#include "offramp/data/open_data.h"
#include "offramp/data/stored_array.h"
#include "offramp/model/bundle.h"

namespace offramp {

// `arrays[i]` feeds `inputs[i]`; `labels`: one a row, or none. `pixels`: bytes are pixels (IDX).
// kInvalidArgument where shapes or numbers of rows do not fit.
Result<std::unique_ptr<DataSet>> DataSetOfArrays(std::vector<StoredArray> arrays,
                                                 std::vector<TensorSpec> inputs,
                                                 std::vector<std::int32_t> labels, bool pixels,
                                                 const ImageOptions& options);

}  // namespace offramp
