// Reading a bundle's folder: tests/data holds sound ones, copies of which are damaged here.
#include "offramp/files/bundle_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class BundleFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "bundle_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::copy("tests/data/tiny", folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::trunc) << text;
  }
  Status Error() const { return ReadBundle(folder_).status(); }

  std::string folder_;
};

TEST_F(BundleFileTest, ReadsAllThatBelongsToIt) {
  const Result<Bundle> bundle = ReadBundle(folder_ + "/");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->folder, folder_);
  EXPECT_EQ(bundle->name, "tiny");
  EXPECT_EQ(bundle->stage_count(), 3);
  EXPECT_THAT(bundle->labels, ElementsAre("north", "east", "south", "west"));
  ASSERT_NE(bundle->profile, nullptr);
  EXPECT_EQ(bundle->profile->rows(), 200u);
  EXPECT_EQ(bundle->profile->stages(), 3);
  EXPECT_TRUE(bundle->profile->has_exit(1));
  EXPECT_EQ(bundle->digest.size(), 64u);
  EXPECT_TRUE(CheckBundleFiles(*bundle).ok());
}

TEST_F(BundleFileTest, RelativeFoldersBecomeAbsolute) {
  const Result<Bundle> bundle = ReadBundle("tests/data/skip");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->folder, std::filesystem::absolute("tests/data/skip"));
  EXPECT_EQ(bundle->profile, nullptr);
  EXPECT_TRUE(bundle->labels.empty());
}

TEST_F(BundleFileTest, TheDigestIsTheFilesBytes) {
  const std::string before = ReadBundle(folder_)->digest;
  std::ofstream(Path("bundle.yaml"), std::ios::app) << "# a remark\n";
  EXPECT_NE(ReadBundle(folder_)->digest, before);
}

TEST_F(BundleFileTest, AMissingFileIsNotFound) {
  std::filesystem::remove(Path("labels.txt"));
  EXPECT_EQ(Error().code(), StatusCode::kNotFound);
  EXPECT_EQ(Error().message(),
            Path("labels.txt") + ": there is no such file, though bundle.yaml names it");
  std::filesystem::remove(Path("bundle.yaml"));
  EXPECT_EQ(Error().code(), StatusCode::kNotFound);
  EXPECT_EQ(Error().message(), Path("bundle.yaml") + ": there is no such file");
}

TEST_F(BundleFileTest, AMachineMayHoldOnlyItsOwnStages) {
  std::filesystem::remove(Path("stage2.onnx"));
  const Result<Bundle> bundle = ReadBundle(folder_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(CheckBundleFiles(*bundle).code(), StatusCode::kNotFound);
}

TEST_F(BundleFileTest, OtherContentIsNoticed) {
  const Bundle bundle = ReadBundle(folder_).value();
  Write("stage2.onnx", "something else");
  const Status status = CheckBundleFiles(bundle);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), StartsWith(Path("stage2.onnx") + ": has SHA-256 "));
  EXPECT_THAT(status.message(), HasSubstr("expected " + bundle.stage(2).sha256));
}

TEST_F(BundleFileTest, SymbolicLinksDoNotLeadOut) {
  std::filesystem::remove(Path("labels.txt"));
  std::filesystem::create_symlink("/etc/passwd", Path("labels.txt"));
  EXPECT_EQ(Error().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Error().message(), HasSubstr("expected a file within the bundle's folder"));
}

TEST_F(BundleFileTest, StagesBehindSymbolicLinksDoNotLeadOut) {
  std::filesystem::remove(Path("stage1.onnx"));
  std::filesystem::create_symlink("/etc/passwd", Path("stage1.onnx"));
  EXPECT_EQ(Error().code(), StatusCode::kInvalidArgument);
}

TEST_F(BundleFileTest, LinksWithinTheFolderAreFine) {
  std::filesystem::rename(Path("labels.txt"), Path("words.txt"));
  std::filesystem::create_symlink("words.txt", Path("labels.txt"));
  EXPECT_TRUE(ReadBundle(folder_).ok()) << Error();
}

TEST_F(BundleFileTest, LabelsFitTheAnswer) {
  Write("labels.txt", "a\nb\nc\n");
  EXPECT_EQ(Error().message(),
            Path("labels.txt") + ": has 3 labels, expected 4: the last extent of the answer");
  Write("labels.txt", "a\n\nc\nd\n");
  EXPECT_EQ(Error().message(), Path("labels.txt") + ":2: is empty, expected a label");
  Write("labels.txt", "a\r\nb\r\nc c\r\nd");
  EXPECT_THAT(ReadBundle(folder_)->labels, ElementsAre("a", "b", "c c", "d"));
  Write("labels.txt", "");
  EXPECT_EQ(Error().code(), StatusCode::kInvalidArgument);
}

TEST_F(BundleFileTest, TheProfileFitsTheExits) {
  Write("exits.csv", "confidence_1,correct_1,correct_3\n0.5,1,1\n");
  EXPECT_EQ(Error().message(), Path("exits.csv") +
                                   ":1: the header lacks confidence_2, expected the columns "
                                   "confidence_1,correct_1,confidence_2,correct_2,correct_3");
}

TEST_F(BundleFileTest, AFolderIsNoFile) {
  std::filesystem::remove(Path("bundle.yaml"));
  std::filesystem::create_directory(Path("bundle.yaml"));
  EXPECT_EQ(Error().message(), Path("bundle.yaml") + ": is not a regular file");
}

}  // namespace
}  // namespace offramp
