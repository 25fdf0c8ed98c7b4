#include "offramp/profiling/progress_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class ProgressFileTest : public testing::Test {
 protected:
  ProgressFileTest() { std::filesystem::remove_all(folder_); }

  std::map<std::int64_t, std::string> PiecesFor(const std::string& identity) const {
    return ProgressFile::Open(path_, identity).value()->pieces();
  }

  const std::string folder_ = testing::TempDir() + "/progress";
  const std::string path_ = folder_ + "/below/file";
};

TEST_F(ProgressFileTest, PiecesAreThereAgain) {
  {
    const auto file = ProgressFile::Open(path_, "a");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->Append(3, "three").ok());
    EXPECT_TRUE((*file)->Append(1, "").ok());
  }
  EXPECT_THAT(PiecesFor("a"), ElementsAre(Pair(1, ""), Pair(3, "three")));
  EXPECT_THAT(PiecesFor("b"), IsEmpty());  // another model or other data
  EXPECT_THAT(PiecesFor("a"), IsEmpty());  // which began anew
}

TEST_F(ProgressFileTest, ATornEndIsDroppedAndWrittenOver) {
  {
    const auto file = ProgressFile::Open(path_, "a");
    ASSERT_TRUE((*file)->Append(1, "one").ok());
    ASSERT_TRUE((*file)->Append(2, "two").ok());
  }
  const auto size = std::filesystem::file_size(path_);
  std::filesystem::resize_file(path_, size - 5);
  {
    const auto file = ProgressFile::Open(path_, "a");
    EXPECT_THAT((*file)->pieces(), ElementsAre(Pair(1, "one")));
    ASSERT_TRUE((*file)->Append(7, "seven").ok());
  }
  EXPECT_THAT(PiecesFor("a"), ElementsAre(Pair(1, "one"), Pair(7, "seven")));
}

TEST_F(ProgressFileTest, ADamagedPieceAndAllAfterItAreDropped) {
  {
    const auto file = ProgressFile::Open(path_, "a");
    ASSERT_TRUE((*file)->Append(1, "one").ok());
    ASSERT_TRUE((*file)->Append(2, "two").ok());
  }
  std::fstream stream(path_, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(65 + 16);
  stream.put('x');
  stream.close();
  EXPECT_THAT(PiecesFor("a"), IsEmpty());
}

TEST_F(ProgressFileTest, OneAtATime) {
  const auto file = ProgressFile::Open(path_, "a");
  EXPECT_EQ(ProgressFile::Open(path_, "a").status().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace offramp
