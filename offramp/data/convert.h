// Numbers of one datatype as another, where that is what anybody would mean by them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "offramp/core/tensor.h"

namespace offramp {

// value = (stored * scale - mean) / std, per channel. A row is `channels` runs of `channel_run`
// elements, over and over.
struct Normalisation {
  double scale = 1;
  std::vector<double> mean;  // one a channel; empty: 0
  std::vector<double> std;   // one a channel; empty: 1
  std::int64_t channels = 1;
  std::int64_t channel_run = 1;

  bool identity() const { return scale == 1 && mean.empty() && std.empty(); }
};

// An element that does not fit.
struct BadElement {
  std::int64_t index = 0;  // within the elements given
  std::string what;        // "is nan, expected a finite number"
};

// Turns `count` elements at `from` into `to`; `from` may be unaligned. Rows begin at multiples of
// `row_elements`. Refused are NaN and infinity, fractions and values out of range into integers,
// integers that a floating type does not hold exactly (unless they are normalised), and values
// beyond the largest of a floating type; other rounding is what the type implies.
// REQUIRES: types of fixed width.
std::optional<BadElement> ConvertElements(const std::byte* from, DataType from_type, std::byte* to,
                                          DataType to_type, std::int64_t count,
                                          std::int64_t row_elements,
                                          const Normalisation& normalisation);

bool IsFloating(DataType type);

}  // namespace offramp
