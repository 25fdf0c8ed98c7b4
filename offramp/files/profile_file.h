// Reads an exit profile (formats.md "Exit profile"): CSV, one row a validation sample.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/exit_profile.h"

namespace offramp {

// Bounds of a profile.
inline constexpr std::size_t kProfileMaxRows = 10'000'000;
inline constexpr std::size_t kProfileMaxBytes = std::size_t{1} << 30;

// `exits[h - 1]`: whether stage h has an exit; the last one always has. The header must hold
// exactly confidence_h and correct_h for every such stage before the last and correct_H, in any
// order; every row a confidence in 0..1 and a correctness of 0 or 1. Errors name file, line and
// column: kNotFound when there is no such file, else kInvalidArgument.
Result<std::shared_ptr<const ExitProfile>> ReadExitProfile(const std::string& path,
                                                           const std::vector<bool>& exits);

// The same from text; `path` is only for messages.
Result<std::shared_ptr<const ExitProfile>> ParseExitProfile(std::string_view text,
                                                            const std::string& path,
                                                            const std::vector<bool>& exits);

}  // namespace offramp
