#include "offramp/model/digest.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::HasSubstr;

// FIPS 180-4's own examples.
constexpr const char* kOfEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kOfMillionA =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(DigestTest, MatchesThePublishedVectors) {
  EXPECT_EQ(Sha256Hex(""), kOfEmpty);
  EXPECT_EQ(Sha256Hex("abc"), kOfAbc);
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')), kOfMillionA);
}

TEST(DigestTest, AFileReadInPiecesHasTheDigestOfItsBytes) {
  const std::string path = ::testing::TempDir() + "digest_test.bin";
  std::ofstream(path, std::ios::binary) << std::string(1'000'000, 'a');
  const Result<std::string> digest = FileSha256(path);
  ASSERT_TRUE(digest.ok()) << digest.status();
  EXPECT_EQ(*digest, kOfMillionA);
  std::ofstream(path, std::ios::binary | std::ios::trunc).close();
  EXPECT_EQ(FileSha256(path).value(), kOfEmpty);
  std::filesystem::remove(path);
}

TEST(DigestTest, SaysWhatIsWrongWithAPath) {
  const Status missing = FileSha256("no/such/file").status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("no/such/file"));
  const Status folder = FileSha256(::testing::TempDir()).status();
  EXPECT_EQ(folder.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(folder.message(), HasSubstr("is not a regular file"));
}

TEST(DigestTest, KnowsItsOwnSpelling) {
  EXPECT_TRUE(IsSha256Hex(kOfAbc));
  EXPECT_FALSE(IsSha256Hex(std::string(kOfAbc).substr(1)));
  EXPECT_FALSE(IsSha256Hex(std::string(kOfAbc) + "0"));
  EXPECT_FALSE(IsSha256Hex("BA" + std::string(kOfAbc).substr(2)));
  EXPECT_FALSE(IsSha256Hex("g" + std::string(kOfAbc).substr(1)));
}

}  // namespace
}  // namespace offramp
