// Whether a bundle with new exits answers as it did, and its exits as they were fitted.
#pragma once

#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"
#include "offramp/exits/design.h"
#include "offramp/model/bundle.h"

namespace offramp {

struct CheckedExits {
  std::int64_t rows = 0;
  double max_difference = 0;  // |file - fit| / (1 + |fit|), over all new exits
};

// Runs both bundles over the first of the rows `held_out`: the last stage's answers must be the
// same bytes, and exit `stages[i]` what `exits[i]` predicted for the row, within 1e-5 (5e-3 where
// the exit reads half-precision tensors, which within one graph the runtime keeps in full
// precision). kInternal when they are not.
Result<CheckedExits> CheckExits(const Bundle& before, const Bundle& after, DataSet& data,
                                const std::vector<std::int64_t>& held_out,
                                const std::vector<int>& stages,
                                const std::vector<DesignedExit>& exits);

}  // namespace offramp
