// Expected values are Python's bytes.decode("utf-8", "replace").
#include "offramp/text/utf8.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

std::u32string Decoded(std::string_view text) {
  std::u32string decoded;
  for (std::size_t at = 0; at < text.size();) decoded += NextCodePoint(text, at);
  return decoded;
}

TEST(Utf8, DecodesEveryLength) {
  EXPECT_EQ(Decoded("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), U"a\u00E9\u20AC\U0001F600");
  EXPECT_EQ(Decoded(""), U"");
  EXPECT_EQ(Decoded(std::string_view("\0", 1)), std::u32string(1, 0));
}

TEST(Utf8, ReplacesEachMaximalSubpartOnce) {
  EXPECT_EQ(Decoded("\x80"), U"\uFFFD");
  EXPECT_EQ(Decoded("\xC0\xAF"), U"\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(Decoded("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(Decoded("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Decoded("\xE2\x82x"), U"\uFFFDx");  // cut short
  EXPECT_EQ(Decoded("\xF0\x9F\x98"), U"\uFFFD");
  EXPECT_EQ(Decoded("\xF0\x80\x80"), U"\uFFFD\uFFFD\uFFFD");
}

TEST(Utf8, AppendsWhatItReads) {
  for (const char32_t c : {U'a', U'\u007F', U'\u0080', U'\u07FF', U'\u0800', U'\uFFFD',
                           U'\U00010000', U'\U0010FFFF'}) {
    std::string text;
    AppendUtf8(text, c);
    EXPECT_EQ(Decoded(text), std::u32string(1, c));
    EXPECT_TRUE(IsUtf8(text));
  }
}

TEST(Utf8, TellsARealReplacementCharacterFromABrokenByte) {
  EXPECT_TRUE(IsUtf8("\xEF\xBF\xBD"));
  EXPECT_FALSE(IsUtf8("ok\xFF"));
  EXPECT_FALSE(IsUtf8("\xEF\xBF"));
  EXPECT_TRUE(IsUtf8(""));
}

}  // namespace
}  // namespace offramp
