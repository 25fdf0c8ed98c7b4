// Which rows of a data set serve which purpose, and reading just those.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"

namespace offramp {

struct RowPlan {
  std::vector<std::int64_t> rows;     // in the data set, ascending
  std::vector<std::uint8_t> purpose;  // of each: 0 fitting, 1 choosing, 2 held out
};

// Draws `max_rows` (0: all) of `total` rows, of them a share of `held_out` to be kept apart, and of
// the others a fifth to choose by. The same seed draws the same rows.
RowPlan PlanRows(std::int64_t total, std::int64_t max_rows, double held_out, std::uint64_t seed);

// The given rows of the data, ascending, in as few pieces as their shapes allow (texts of other
// lengths cannot be joined).
Result<std::vector<DataRows>> ReadChosen(DataSet& data, const std::vector<std::int64_t>& rows);

}  // namespace offramp
