// YAML text as a tree of values that remember their line. What is read is untrusted: size, nesting
// and what aliases unfold to are bounded, and no input makes it throw or abort.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "offramp/base/result.h"

namespace offramp {

// Bounds of a file of ours; generous beside what people write by hand or plans generate.
inline constexpr std::size_t kYamlMaxBytes = std::size_t{1} << 20;
inline constexpr int kYamlMaxDepth = 32;
// Values after aliases are unfolded: a "billion laughs" stops here.
inline constexpr std::size_t kYamlMaxValues = 200'000;

// What one kind of file may hold. Generated scenarios are larger than what people write.
struct YamlLimits {
  std::size_t max_bytes = kYamlMaxBytes;
  std::size_t max_values = kYamlMaxValues;
};

// One value. Shared by every alias of it; immutable once parsed.
struct YamlValue {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 1;         // 1-based, where the value starts
  std::string text;     // of a scalar
  bool quoted = false;  // a scalar in quotes is text, whatever it looks like
  std::vector<std::shared_ptr<const YamlValue>> items;  // of a list
  // Of a map, in the file's order. Keys are distinct.
  std::vector<std::pair<std::string, std::shared_ptr<const YamlValue>>> entries;
  std::size_t values = 1;  // this one and all below it

  // Value of `key` in a map, or null.
  const YamlValue* Find(std::string_view key) const;
};

// The single document in `text`; an empty one is null. `path` is only for messages.
// Errors: kInvalidArgument, one line with file and line.
Result<std::shared_ptr<const YamlValue>> ParseYaml(const std::string& text, const std::string& path,
                                                   const YamlLimits& limits = {});

}  // namespace offramp
