// Text for people: joining, quoting, suggestions in error messages.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offramp {

// "a, b, c".
std::string Join(std::span<const std::string> parts, std::string_view separator = ", ");

// Parts between separators; empty parts are kept, an empty text has none.
std::vector<std::string> Split(std::string_view text, char separator);

// The candidate nearest to `word` by edit distance, or "" when none is near: for "did you mean".
std::string Nearest(std::string_view word, std::span<const std::string> candidates);

// printf-style text.
std::string Format(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace offramp
