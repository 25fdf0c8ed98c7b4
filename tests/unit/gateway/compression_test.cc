#include "offramp/gateway/compression.h"

#include <string>

#include <gtest/gtest.h>

namespace offramp {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

std::string Noise(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

TEST(Compression, WhatWasDeflatedInflatesToTheSameBytes) {
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{300000}}) {
      const std::string text = Noise(bytes);
      const Buffer packed = Deflate(encoding, {Buffer::CopyOf(text.substr(0, bytes / 3)),
                                               Buffer::CopyOf(text.substr(bytes / 3))});
      const auto unpacked = Inflate(encoding, packed, kMegabyte);
      ASSERT_TRUE(unpacked.ok()) << unpacked.status();
      EXPECT_EQ(unpacked->text(), text);
    }
  }
}

TEST(Compression, ABombStopsAtTheBound) {
  const Buffer bomb = Deflate(Encoding::kGzip, {Buffer::CopyOf(std::string(8 * kMegabyte, '0'))});
  ASSERT_LT(bomb.size(), 100000U);
  const auto unpacked = Inflate(Encoding::kGzip, bomb, kMegabyte);
  EXPECT_EQ(unpacked.status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(Inflate(Encoding::kGzip, bomb, 8 * kMegabyte).ok()) << "exactly at the bound";
  EXPECT_FALSE(Inflate(Encoding::kGzip, bomb, 8 * kMegabyte - 1).ok());
}

TEST(Compression, BrokenStreamsAreRefused) {
  const Buffer good = Deflate(Encoding::kGzip, {Buffer::CopyOf(Noise(5000))});
  const std::string text(good.text());
  const auto code_of = [](Encoding encoding, const std::string& bytes) {
    return Inflate(encoding, Buffer::CopyOf(bytes), kMegabyte).status().code();
  };
  EXPECT_EQ(code_of(Encoding::kGzip, ""), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(Encoding::kGzip, "hello"), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(Encoding::kGzip, text.substr(0, text.size() - 1)),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(Encoding::kGzip, text + "x"), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(Encoding::kDeflate, text), StatusCode::kInvalidArgument);
  std::string flipped = text;
  flipped[text.size() / 2] = static_cast<char>(flipped[text.size() / 2] ^ 0x55);
  EXPECT_EQ(code_of(Encoding::kGzip, flipped), StatusCode::kInvalidArgument);
}

TEST(Compression, HeadersNameEncodings) {
  EXPECT_EQ(*ParseContentEncoding(""), Encoding::kIdentity);
  EXPECT_EQ(*ParseContentEncoding(" GZIP "), Encoding::kGzip);
  EXPECT_EQ(*ParseContentEncoding("deflate"), Encoding::kDeflate);
  EXPECT_EQ(ParseContentEncoding("br").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseContentEncoding("gzip, gzip").status().code(), StatusCode::kInvalidArgument);

  EXPECT_EQ(ChooseEncoding(""), Encoding::kIdentity);
  EXPECT_EQ(ChooseEncoding("deflate, gzip;q=0.5"), Encoding::kGzip);
  EXPECT_EQ(ChooseEncoding("br, Deflate"), Encoding::kDeflate);
  EXPECT_EQ(ChooseEncoding("gzip;q=0, deflate;q=0.0"), Encoding::kIdentity);
  EXPECT_EQ(ChooseEncoding(";;,,;q="), Encoding::kIdentity);
}

}  // namespace
}  // namespace offramp
