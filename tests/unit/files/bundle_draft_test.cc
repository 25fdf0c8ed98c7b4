#include "offramp/files/bundle_draft.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace offramp {
namespace {

namespace fs = std::filesystem;

// A folder `old` with two files and one below.
class Drafting : public testing::Test {
 protected:
  Drafting() : folder_(fs::path(testing::TempDir()) / ("draft" + std::to_string(::getpid()))) {
    fs::create_directories(folder_ / "old" / "notes");
    std::ofstream(folder_ / "old" / "bundle.yaml") << "first";
    std::ofstream(folder_ / "old" / "stage1.onnx") << "weights";
    std::ofstream(folder_ / "old" / "notes" / "a.txt") << "note";
    fs::create_symlink("stage1.onnx", folder_ / "old" / "link.onnx");
  }
  ~Drafting() override { fs::remove_all(folder_); }

  std::string Text(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / file).rdbuf();
    return text.str();
  }
  std::set<std::string> Entries() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  const fs::path folder_;
};

TEST_F(Drafting, TakesTheOldFoldersPlaceOnlyWhenKept) {
  Result<BundleDraft> draft = BundleDraft::Begin(Path("old"), "");
  ASSERT_TRUE(draft.ok()) << draft.status();
  ASSERT_TRUE(draft->Write("bundle.yaml", "second").ok());
  draft->Remove("stage1.onnx");
  EXPECT_EQ(Text("old/bundle.yaml"), "first");
  ASSERT_TRUE(draft->Keep().ok());
  EXPECT_EQ(Text("old/bundle.yaml"), "second");
  EXPECT_EQ(Text("old/notes/a.txt"), "note");
  EXPECT_FALSE(fs::exists(folder_ / "old" / "stage1.onnx"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "old" / "link.onnx"));
  EXPECT_EQ(Entries(), std::set<std::string>{"old"});
}

TEST_F(Drafting, ReachesThePlaceThroughASymbolicLink) {
  fs::create_directory_symlink("old", folder_ / "name");
  Result<BundleDraft> draft = BundleDraft::Begin(Path("name"), "");
  ASSERT_TRUE(draft.ok());
  ASSERT_TRUE(draft->Write("bundle.yaml", "second").ok());
  ASSERT_TRUE(draft->Keep().ok());
  EXPECT_TRUE(fs::is_symlink(folder_ / "name"));
  EXPECT_EQ(Text("old/bundle.yaml"), "second");
}

TEST_F(Drafting, ElsewhereItSharesNothingWithTheOldFolder) {
  {
    Result<BundleDraft> draft = BundleDraft::Begin(Path("old"), Path("new") + "/");
    ASSERT_TRUE(draft.ok()) << draft.status();
    ASSERT_TRUE(draft->Keep().ok());
  }
  std::ofstream(folder_ / "new" / "stage1.onnx") << "others";
  EXPECT_EQ(Text("old/stage1.onnx"), "weights");
  EXPECT_EQ(Entries(), (std::set<std::string>{"new", "old"}));
}

TEST_F(Drafting, LeavesNothingWhenNotKept) {
  for (const std::string& target : {std::string(), Path("new")}) {
    const Result<BundleDraft> draft = BundleDraft::Begin(Path("old"), target);
    ASSERT_TRUE(draft.ok());
    EXPECT_EQ(Entries().size(), 2U);
  }
  EXPECT_EQ(Entries(), std::set<std::string>{"old"});
  EXPECT_EQ(Text("old/bundle.yaml"), "first");
}

TEST_F(Drafting, RefusesAPlaceThatIsTakenOrWithin) {
  EXPECT_FALSE(BundleDraft::Begin(Path("old"), folder_.string()).ok());
  EXPECT_FALSE(BundleDraft::Begin(Path("old"), Path("old/new")).ok());
  EXPECT_FALSE(BundleDraft::Begin(Path("none"), "").ok());
  EXPECT_EQ(Entries(), std::set<std::string>{"old"});
}

}  // namespace
}  // namespace offramp
