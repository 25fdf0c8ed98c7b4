// Labels as users write them, as class numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/stored_array.h"
#include "offramp/model/bundle.h"

namespace offramp {

// What classes a bundle tells apart. Immutable.
class ClassNames {
 public:
  explicit ClassNames(const Bundle& bundle);

  // 0: not told.
  std::int64_t count() const { return count_; }
  bool named() const { return !numbers_.empty(); }

  // A class's name, else its number from 0. kInvalidArgument with what was expected; the caller
  // puts the place in front.
  Result<std::int32_t> Parse(std::string_view text) const;

  Result<std::int32_t> Check(std::int64_t number) const;

 private:
  std::int64_t count_ = 0;
  std::map<std::string, std::int32_t, std::less<>> numbers_;
};

// All labels of an array of integers (also stored as floating-point numbers), one a row.
Result<std::vector<std::int32_t>> LabelsOf(const StoredArray& array, const ClassNames& classes);

// The labels in `path`: .npy, IDX, .npz (its only array, or `labels`, `label` or `y`), .csv
// (`column`, or the only one), or a label a line.
Result<std::vector<std::int32_t>> ReadLabelsFile(const std::string& path, const std::string& column,
                                                 const ClassNames& classes);

// The names that labels go by within an archive, the first that is there counts.
inline constexpr const char* kLabelNames[] = {"labels", "label", "y"};

}  // namespace offramp
