#include "offramp/data/idx_file.h"

#include <filesystem>
#include <fstream>
#include <zlib.h>

#include <gtest/gtest.h>

namespace offramp {
namespace {

using Bytes = std::string;

// A header of unsigned bytes with these extents.
Bytes Header(const std::vector<int>& shape) {
  Bytes bytes = {'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const int extent : shape) {
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>(extent >> shift));
  }
  return bytes;
}

class IdxFile : public testing::Test {
 protected:
  IdxFile() : folder_(testing::TempDir() + "/idx") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::string Plain(const Bytes& bytes, const std::string& name = "file") const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::string Gzip(const Bytes& bytes, const std::string& name) const {
    const std::string path = folder_ + "/" + name;
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path;
  }

  std::string ErrorOf(const Bytes& bytes) const {
    const auto array = ReadIdxFile(Plain(bytes));
    return array.ok() ? "" : array.status().message();
  }

  const std::string folder_;
};

TEST_F(IdxFile, ReadsPlainAndGzip) {
  const Bytes bytes = Header({2, 1, 3}) + "abcdef";
  for (const std::string& path : {Plain(bytes), Gzip(bytes, "file.gz")}) {
    const auto array = ReadIdxFile(path);
    ASSERT_TRUE(array.ok()) << array.status();
    EXPECT_EQ(array->shape, (std::vector<std::int64_t>{2, 1, 3}));
    EXPECT_EQ(array->sample_bytes(), 3);
    EXPECT_EQ(Bytes(array->data.begin(), array->data.end()), "abcdef");
  }
}

TEST_F(IdxFile, SaysWhatIsWrong) {
  EXPECT_NE(ErrorOf("GIF89a").find("does not begin like an IDX file"), std::string::npos);
  EXPECT_NE(ErrorOf(Bytes("\0\0\x0d\x01\0\0\0\x01\0\0\0\0", 12)).find("unsigned bytes"),
            std::string::npos);
  EXPECT_NE(ErrorOf(Header({2, 3}).substr(0, 9)).find("ends within its header"), std::string::npos);
  EXPECT_NE(ErrorOf(Header({2, 3}) + "abc").find("ends before the 6 bytes"), std::string::npos);
  EXPECT_NE(ErrorOf(Header({0})).find("holds no rows"), std::string::npos);
  EXPECT_EQ(ReadIdxFile(folder_ + "/none").status().code(), StatusCode::kNotFound);
}

TEST_F(IdxFile, AHugeClaimIsRefusedBeforeAnyMemoryIsTaken) {
  EXPECT_NE(ErrorOf(Header({0x7fffffff, 0x7fffffff})).find("more elements"), std::string::npos);
  EXPECT_NE(ErrorOf(Header({-1})).find("ends before"), std::string::npos);  // unsigned on disk
}

TEST_F(IdxFile, ATestSetIsImagesWithAsManyLabels) {
  Plain(Header({2, 1, 1}) + "ab", "t10k-images-idx3-ubyte");
  Gzip(Header({2}) + "xy", "t10k-labels-idx1-ubyte.gz");
  const auto set = ReadTestSet(folder_);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->images.samples(), 2);
  EXPECT_EQ(set->labels.data[1], 'y');
}

TEST_F(IdxFile, ATestSetThatDoesNotFitIsRefused) {
  EXPECT_NE(ReadTestSet(folder_).status().message().find("dataset-fashion-mnist"),
            std::string::npos);
  Plain(Header({2, 1, 1}) + "ab", "t10k-images-idx3-ubyte");
  Plain(Header({3}) + "xyz", "t10k-labels-idx1-ubyte");
  EXPECT_NE(ReadTestSet(folder_).status().message().find("has 3 labels"), std::string::npos);
}

}  // namespace
}  // namespace offramp
