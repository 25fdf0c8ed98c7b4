// A data set of a CSV of features.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/class_labels.h"
#include "offramp/data/dataset.h"
#include "offramp/data/open_data.h"

namespace offramp {

// A header, then a row a line. The column `options.label_column`, where there is one, holds labels
// unless `labels` are given; all others are features: for one input in their order, for several by
// their names (NAME, or NAME_0, NAME_1 and so on).
Result<std::unique_ptr<DataSet>> OpenCsv(const std::string& path, const DataOptions& options,
                                         const std::vector<TensorSpec>& inputs,
                                         const ClassNames& classes,
                                         std::optional<std::vector<std::int32_t>> labels);

}  // namespace offramp
