// UTF-8 from strangers, one code point after the other.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace offramp {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// The code point at `at`, which moves behind it. What is no UTF-8 becomes U+FFFD once for every
// longest piece that could have begun a character (Unicode 15, section 3.9, "maximal subparts"),
// which is what Python's bytes.decode("utf-8", "replace") gives. REQUIRES: at < text.size().
char32_t NextCodePoint(std::string_view text, std::size_t& at);

// Appends `code_point`, which is no surrogate, as UTF-8.
void AppendUtf8(std::string& text, char32_t code_point);

// Whether all of `text` is UTF-8.
bool IsUtf8(std::string_view text);

}  // namespace offramp
