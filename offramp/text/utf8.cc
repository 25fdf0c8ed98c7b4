#include "offramp/text/utf8.h"

namespace offramp {

namespace {

// What may follow a lead byte: how many bytes, and the range of the first of them, which keeps out
// overlong forms, surrogates and what lies beyond U+10FFFF (Unicode 15, table 3-7).
struct Follow {
  int bytes = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Follow FollowOf(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {.bytes = 1};
  if (lead == 0xE0) return {.bytes = 2, .low = 0xA0};
  if (lead == 0xED) return {.bytes = 2, .high = 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {.bytes = 2};
  if (lead == 0xF0) return {.bytes = 3, .low = 0x90};
  if (lead >= 0xF1 && lead <= 0xF3) return {.bytes = 3};
  if (lead == 0xF4) return {.bytes = 3, .high = 0x8F};
  return {};
}

}  // namespace

char32_t NextCodePoint(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  Follow follow = FollowOf(lead);
  if (follow.bytes == 0) return kReplacementCharacter;
  char32_t code_point = lead & (0x3FU >> follow.bytes);
  for (int i = 0; i < follow.bytes; ++i) {
    if (at == text.size()) return kReplacementCharacter;
    const auto next = static_cast<unsigned char>(text[at]);
    if (next < follow.low || next > follow.high) return kReplacementCharacter;
    code_point = code_point << 6 | (next & 0x3FU);
    ++at;
    follow.low = 0x80;
    follow.high = 0xBF;
  }
  return code_point;
}

void AppendUtf8(std::string& text, char32_t code_point) {
  const auto byte = [&text](char32_t value) { text += static_cast<char>(value); };
  if (code_point < 0x80) {
    byte(code_point);
    return;
  }
  if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      byte(0xE0 | code_point >> 12);
    } else {
      byte(0xF0 | code_point >> 18);
      byte(0x80 | (code_point >> 12 & 0x3F));
    }
    byte(0x80 | (code_point >> 6 & 0x3F));
  }
  byte(0x80 | (code_point & 0x3F));
}

bool IsUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    // A genuine U+FFFD is three bytes that say so.
    if (NextCodePoint(text, at) == kReplacementCharacter &&
        text.substr(begin, at - begin) != "\xEF\xBF\xBD") {
      return false;
    }
  }
  return true;
}

}  // namespace offramp
