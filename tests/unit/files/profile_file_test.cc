#include "offramp/files/profile_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Four stages; 2 and 3 have exits, as in formats.md.
const std::vector<bool> kExits = {false, true, true, true};
constexpr const char* kHeader = "confidence_2,correct_2,confidence_3,correct_3,correct_4\n";
constexpr const char* kExpected =
    ", expected the columns confidence_2,correct_2,confidence_3,correct_3,correct_4";

std::string ErrorOf(const std::string& text) {
  const Status status = ParseExitProfile(text, "e.csv", kExits).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  return status.message();
}

std::string RowError(const std::string& row) { return ErrorOf(kHeader + row); }

TEST(ProfileFileTest, ReadsTheColumnsByStage) {
  const auto profile =
      ParseExitProfile(std::string(kHeader) + "0.4312,0,0.7121,1,1\n0,1,1,0,0\n", "e.csv", kExits);
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ((*profile)->stages(), 4);
  EXPECT_EQ((*profile)->rows(), 2u);
  EXPECT_FALSE((*profile)->has_exit(1));
  EXPECT_TRUE((*profile)->has_exit(2));
  EXPECT_THAT((*profile)->confidence(1), IsEmpty());
  EXPECT_THAT((*profile)->confidence(2), ElementsAre(0.4312F, 0));
  EXPECT_THAT((*profile)->correct(2), ElementsAre(0, 1));
  EXPECT_THAT((*profile)->confidence(3), ElementsAre(0.7121F, 1));
  EXPECT_THAT((*profile)->confidence(4), IsEmpty());
  EXPECT_THAT((*profile)->correct(4), ElementsAre(1, 0));
}

TEST(ProfileFileTest, OrderOfColumnsAndLineEndsDoNotMatter) {
  const auto profile = ParseExitProfile(
      "correct_4,confidence_3,correct_3,correct_2,confidence_2\r\n1,0.5,0,1,1e-3", "e.csv", kExits);
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_THAT((*profile)->confidence(2), ElementsAre(0.001F));
  EXPECT_THAT((*profile)->correct(4), ElementsAre(1));
}

TEST(ProfileFileTest, AModelWithoutExitsHasOneColumn) {
  const auto profile = ParseExitProfile("correct_2\n1\n0\n", "e.csv", {false, true});
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ((*profile)->rows(), 2u);
  EXPECT_FALSE((*profile)->has_exit(1));
}

TEST(ProfileFileTest, TheHeaderFitsTheExits) {
  EXPECT_EQ(ErrorOf("confidence_2,correct_2,confidence_3,correct_3\n1,1,1,1\n"),
            "e.csv:1: the header lacks correct_4" + std::string(kExpected));
  EXPECT_EQ(ErrorOf("confidence_1,confidence_2\n"),
            "e.csv:1: the header has \"confidence_1\"" + std::string(kExpected));
  EXPECT_EQ(ErrorOf("confidence_2,confidence_2\n"),
            "e.csv:1: the header has \"confidence_2\" twice" + std::string(kExpected));
  EXPECT_EQ(ErrorOf("confidence_2,correct_2,confidence_3,correct_3,correct_4,confidence_4\n"),
            "e.csv:1: the header has \"confidence_4\"" + std::string(kExpected));
  EXPECT_EQ(ErrorOf("0.1,1,0.2,1,1\n"), "e.csv:1: the header has \"0.1\"" + std::string(kExpected));
}

TEST(ProfileFileTest, ThereAreRows) {
  EXPECT_EQ(ErrorOf(""), "e.csv: is empty, expected a header and rows");
  EXPECT_EQ(ErrorOf(kHeader), "e.csv: has no rows, expected at least one");
}

TEST(ProfileFileTest, RowsNameTheirLineAndColumn) {
  EXPECT_EQ(RowError("0.5,1,0.5,1,1\n0.5,1,0.5,1\n"), "e.csv:3: has 4 fields, expected 5");
  EXPECT_EQ(RowError("0.5,1,0.5,1,1,\n"), "e.csv:2: has 6 fields, expected 5");
  EXPECT_EQ(RowError("\n"), "e.csv:2: has 1 fields, expected 5");
  for (const std::string value : {"1.01", "-0.1", "nan", "inf", "", "x", " 0.5", "0.5x"}) {
    EXPECT_EQ(RowError("0.5,1," + value + ",1,1\n"),
              "e.csv:2: confidence_3: is \"" + value + "\", expected a number from 0 to 1");
  }
  EXPECT_EQ(RowError("0.5,2,0.5,1,1\n"), "e.csv:2: correct_2: is \"2\", expected 0 or 1");
  EXPECT_EQ(RowError("0.5,0.5,0.5,1,1\n"), "e.csv:2: correct_2: is \"0.5\", expected 0 or 1");
  EXPECT_EQ(RowError("0.5,1,0.5,1,yes\n"), "e.csv:2: correct_4: is \"yes\", expected 0 or 1");
}

TEST(ProfileFileTest, RowsAreBounded) {
  std::string text = "correct_1\n";
  for (std::size_t i = 0; i <= kProfileMaxRows; ++i) text += "1\n";
  const Status status = ParseExitProfile(text, "e.csv", {true}).status();
  EXPECT_EQ(status.message(), "e.csv: has more than 10000000 rows");
}

TEST(ProfileFileTest, ReadsFilesByTheSameRules) {
  const std::string path = ::testing::TempDir() + "profile_file_test.csv";
  std::ofstream(path) << kHeader << "0.5,1,0.5,1,1\n";
  EXPECT_TRUE(ReadExitProfile(path, kExits).ok());
  std::filesystem::remove(path);
  EXPECT_EQ(ReadExitProfile(path, kExits).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace offramp
