#include "offramp/exits/attach.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/files/bundle_file.h"
#include "offramp/model/digest.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;

// Random rows for the input x [-1, 8] of the test bundle `tiny`.
class Noise final : public DataSet {
 public:
  std::int64_t rows() const override { return 400; }
  bool labelled() const override { return labels; }
  Result<DataRows> Read(std::int64_t first, std::int64_t count) override {
    MutableBuffer bytes(static_cast<std::size_t>(count) * 8 * sizeof(float));
    DataRows read;
    for (std::int64_t r = 0; r < count; ++r) {
      Random random(static_cast<std::uint64_t>(first + r));
      for (std::size_t i = 0; i < 8; ++i) {
        auto value = static_cast<float>(4 * random.Uniform() - 2);
        if (first + r == bad_row) value = NAN;
        std::memcpy(bytes.data() + (static_cast<std::size_t>(r) * 8 + i) * sizeof(float), &value,
                    sizeof(float));
      }
      if (labels) read.labels.push_back(static_cast<std::int32_t>(random.Below(4)));
    }
    read.inputs.push_back({.name = "x", .shape = {count, 8}, .data = std::move(bytes).Freeze()});
    return read;
  }

  bool labels = false;
  std::int64_t bad_row = -1;
};

// A copy of `tiny`, which has exits after stages 1 and 2 of three.
class Attaching : public testing::Test {
 protected:
  Attaching() : folder_(fs::path(testing::TempDir()) / ("attach" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
    fs::copy(fs::path(std::getenv("OFFRAMP_TEST_MODELS")) / "tiny", folder_ / "tiny",
             fs::copy_options::recursive);
  }
  ~Attaching() override { fs::remove_all(folder_); }

  Bundle Read() const { return *ReadBundle((folder_ / "tiny").string()); }
  std::set<std::string> Entries() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  const fs::path folder_;
};

TEST_F(Attaching, ReplacesExitsAndTheBundleAtOnce) {
  const Bundle before = Read();
  Noise data;
  const auto report = AttachExits(before, data, {.after = {1}, .replace = true, .hidden = 4});
  ASSERT_TRUE(report.ok()) << report.status();
  const Bundle after = Read();
  ASSERT_TRUE(CheckBundleFiles(after).ok());
  EXPECT_NE(after.stages[0].sha256, before.stages[0].sha256);
  EXPECT_EQ(after.stages[1].sha256, before.stages[1].sha256);
  EXPECT_EQ(after.stages[1].exit, before.stages[1].exit);
  EXPECT_EQ(after.stages[0].exit, report->exits.at(0).output);
  EXPECT_EQ(after.stages[0].temperature, report->exits[0].temperature);
  EXPECT_LE(report->max_difference, 1e-5);
  EXPECT_GT(report->exits[0].agreement, 0.5);
  EXPECT_FALSE(report->exits[0].accuracy.has_value());
  ASSERT_NE(after.profile, nullptr);
  EXPECT_EQ(after.profile->rows(), 80U);
  EXPECT_TRUE(after.profile->has_exit(1) && after.profile->has_exit(2));
  // Without labels the last stage is always right.
  EXPECT_EQ(after.profile->correct(3)[0], 1);
  EXPECT_EQ(Entries(), std::set<std::string>{"tiny"});
}

TEST_F(Attaching, WritesElsewhereAndLeavesTheOldBundle) {
  const Bundle before = Read();
  Noise data;
  data.labels = true;
  const auto report = AttachExits(
      before, data, {.folder = (folder_ / "new").string(), .replace = true, .held_out = 0.5});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->held_out_rows, 200);
  EXPECT_EQ(report->exits.size(), 2U);
  EXPECT_NEAR(report->last_accuracy.value_or(0), 0.25, 0.15) << "labels are drawn blindly";
  EXPECT_EQ(Read().digest, before.digest);
  EXPECT_TRUE(CheckBundleFiles(*ReadBundle((folder_ / "new").string())).ok());
}

void ExpectRefused(const Bundle& bundle, DataSet& data, const AttachOptions& options,
                   const std::string& expected) {
  const auto report = AttachExits(bundle, data, options);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.status().message().find(expected), std::string::npos) << report.status();
}

TEST_F(Attaching, RefusesWhatItCannotDoAndLeavesNothing) {
  Noise data;
  const Bundle bundle = Read();
  ExpectRefused(bundle, data, {}, "every stage has an exit");
  ExpectRefused(bundle, data, {.after = {1}}, "--replace");
  ExpectRefused(bundle, data, {.after = {3}}, "before the last");
  ExpectRefused(bundle, data, {.replace = true, .pool = PoolWish::kFirst}, "no tokens");
  ExpectRefused(bundle, data, {.replace = true, .max_rows = 20}, "20 rows");
  ExpectRefused(bundle, data, {.folder = folder_.string(), .replace = true}, "is there already");
  ExpectRefused(bundle, data, {.replace = true, .stop = [] { return true; }}, "stopped");
  Bundle halves = bundle;
  halves.outputs.back().datatype = DataType::kFp16;
  ExpectRefused(halves, data, {.replace = true}, "FP16");
  Bundle boxes = bundle;
  boxes.outputs.back().shape = {-1, 100, 4};
  ExpectRefused(boxes, data, {.replace = true}, "of rank 3");
  data.bad_row = 17;
  ExpectRefused(bundle, data, {.replace = true}, "row 17");
  EXPECT_EQ(Entries(), std::set<std::string>{"tiny"});
  EXPECT_EQ(Read().digest, bundle.digest);
}

// Stopped at every moment that it asks, the old bundle is whole.
TEST_F(Attaching, StoppedAnywhereItLeavesTheOldBundle) {
  Noise data;
  const Bundle bundle = Read();
  int asked = 0;
  for (int limit = 1;; limit = 2 * limit + 1) {
    asked = 0;
    const auto report = AttachExits(
        bundle, data, {.replace = true, .stop = [&asked, limit] { return ++asked > limit; }});
    EXPECT_EQ(Entries(), std::set<std::string>{"tiny"});
    if (report.ok()) break;
    EXPECT_EQ(report.status().code(), StatusCode::kCancelled) << report.status();
    EXPECT_EQ(Read().digest, bundle.digest);
  }
  EXPECT_NE(Read().digest, bundle.digest);
}

}  // namespace
}  // namespace offramp
