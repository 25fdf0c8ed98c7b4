#include "offramp/data/open_data.h"

#include <zip.h>
#include <zlib.h>

#include <gmock/gmock.h>

#include "tests/unit/data/data_files.h"

namespace offramp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Members = std::vector<std::pair<std::string, std::string>>;

class OpenData : public DataFiles {
 protected:
  std::string Npz(const std::string& name, const Members& members) const {
    zip_t* archive = zip_open(Path(name).c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const auto& [member, bytes] : members) {
      zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
      zip_file_add(archive, member.c_str(), source, 0);
    }
    EXPECT_EQ(zip_close(archive), 0);
    return Path(name);
  }

  static std::string Idx(const std::vector<int>& shape, const std::string& data) {
    std::string bytes = {'\0', '\0', '\x08', static_cast<char>(shape.size())};
    for (const int extent : shape) bytes += {'\0', '\0', '\0', static_cast<char>(extent)};
    return bytes + data;
  }

  std::string Gzip(const std::string& name, const std::string& bytes) const {
    gzFile file = gzopen(Path(name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return Path(name);
  }

  std::string ErrorOf(const DataOptions& options, const Bundle& bundle) const {
    const auto data = OpenDataSet(options, bundle);
    if (!data.ok()) return data.status().message();
    const auto rows = (*data)->Read(0, (*data)->rows());
    return rows.ok() ? "" : rows.status().message();
  }

  const Bundle floats_ = BundleFor(DataType::kFp32, {-1, 2});
  const std::string two_rows_ = Npy(Dictionary("<f4", "2, 2"), Raw<float>({1, 2, 3, 4}));
  const std::string labels_ = Npy(Dictionary("<i8", "2,"), Raw<std::int64_t>({2, 0}));
};

TEST_F(OpenData, NpzByTheNamesOfTheInputs) {
  Bundle bundle = floats_;
  bundle.inputs.push_back({.name = "z", .datatype = DataType::kInt64, .shape = {-1}});
  const std::string path =
      Npz("d.npz", {{"z.npy", labels_}, {"x.npy", two_rows_}, {"label.npy", labels_}});
  const auto data = OpenDataSet({.paths = {path}}, bundle);
  ASSERT_TRUE(data.ok()) << data.status();
  const auto rows = (*data)->Read(1, 1);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(Values<float>(rows->inputs[0]), ElementsAre(3, 4));
  EXPECT_THAT(Values<std::int64_t>(rows->inputs[1]), ElementsAre(0));
  EXPECT_THAT(rows->labels, ElementsAre(0));
}

TEST_F(OpenData, TheOnlyArrayOfAnNpzNeedsNoName) {
  const std::string path = Npz("d.npz", {{"arr_0.npy", two_rows_}, {"y.npy", labels_}});
  const auto data = OpenDataSet({.paths = {path}}, floats_);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE((*data)->labelled());
  EXPECT_THAT(
      ErrorOf({.paths = {Npz("e.npz", {{"a.npy", two_rows_}, {"b.npy", two_rows_}})}}, floats_),
      HasSubstr("has no array \"x\", only a, b"));
}

TEST_F(OpenData, ABombIsNotUnpacked) {
  // Its header claims two rows; a gigabyte of zeros would follow.
  std::string bomb = two_rows_;
  bomb.resize(std::size_t{64} << 20);
  EXPECT_THAT(ErrorOf({.paths = {Npz("d.npz", {{"x.npy", bomb}})}}, floats_),
              HasSubstr("d.npz: x: unpacks to more than"));
}

TEST_F(OpenData, TornArchivesAreOneLine) {
  std::string text;
  {
    std::ifstream file(Npz("d.npz", {{"x.npy", two_rows_}}), std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (std::size_t size = 1; size < text.size(); size += 7) {
    const std::string error = ErrorOf({.paths = {Write("t.npz", text.substr(0, size))}}, floats_);
    EXPECT_THAT(error, HasSubstr("t.npz")) << size;
    EXPECT_EQ(error.find('\n'), std::string::npos);
  }
  std::string flipped = text;
  flipped[60] = static_cast<char>(flipped[60] ^ 0x40);
  EXPECT_NE(ErrorOf({.paths = {Write("f.npz", flipped)}}, floats_), "");
}

TEST_F(OpenData, NpyWithLabelsInAnotherFile) {
  const std::string x = Write("x.npy", two_rows_);
  for (const std::string& labels :
       {Write("l.npy", labels_), Write("l.csv", "label\n2\n0\n"), Write("l.txt", "2\n0\n"),
        Write("l.idx", Idx({2}, std::string("\2\0", 2))), Npz("l.npz", {{"y.npy", labels_}})}) {
    const auto data = OpenDataSet({.paths = {x}, .labels = labels}, floats_);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_THAT((*data)->Read(0, 2)->labels, ElementsAre(2, 0)) << labels;
  }
  EXPECT_THAT(ErrorOf({.paths = {x}, .labels = Write("three.txt", "1\n1\n1\n")}, floats_),
              HasSubstr("has 3 labels, expected one for each of the 2 rows"));
  EXPECT_THAT(ErrorOf({.paths = {x}, .labels = Write("far.txt", "1\n3\n")}, floats_),
              HasSubstr("far.txt:2: has the label 3, expected 0 to 2"));
  EXPECT_THAT(
      ErrorOf({.paths = {x},
               .labels = Write("f.npy", Npy(Dictionary("<f4", "2,"), Raw<float>({1, 1.5F})))},
              floats_),
      HasSubstr("f.npy: row 1: the label is 1.5"));
}

TEST_F(OpenData, IdxImagesAreScaledAndFindTheirLabels) {
  Gzip("train-images-idx3-ubyte.gz", Idx({2, 1, 2}, std::string("\0\xff\x33\x66", 4)));
  Write("train-labels-idx1-ubyte", Idx({2}, std::string("\1\2", 2)));
  const std::string path = Path("train-images-idx3-ubyte.gz");
  const auto data = OpenDataSet({.paths = {path}}, BundleFor(DataType::kFp32, {-1, 1, 1, 2}));
  ASSERT_TRUE(data.ok()) << data.status();
  const auto rows = (*data)->Read(0, 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->inputs[0].shape, ElementsAre(2, 1, 1, 2));
  EXPECT_THAT(Values<float>(rows->inputs[0]), ElementsAre(0, 1, 0.2F, 0.4F));
  EXPECT_THAT(rows->labels, ElementsAre(1, 2));
  // Integers stay, other scales are obeyed.
  const auto bytes = OpenDataSet({.paths = {path}}, BundleFor(DataType::kUint8, {-1, 2}));
  EXPECT_THAT(Values<std::uint8_t>((*bytes)->Read(0, 1)->inputs[0]), ElementsAre(0, 255));
  const auto plain = OpenDataSet({.paths = {path}, .image = {.scale = 1}}, floats_);
  EXPECT_THAT(Values<float>((*plain)->Read(0, 1)->inputs[0]), ElementsAre(0, 255));
}

TEST_F(OpenData, ATornGzipIsSaid) {
  std::string noise;
  for (int i = 0; i < 200; ++i) noise += static_cast<char>(i * 37 % 251);
  std::string packed;
  {
    std::ifstream file(Gzip("whole.gz", Idx({100, 2}, noise)), std::ios::binary);
    packed.assign(std::istreambuf_iterator<char>(file), {});
  }
  const std::string torn = Write("t-ubyte.gz", packed.substr(0, packed.size() - 20));
  EXPECT_THAT(ErrorOf({.paths = {torn}}, floats_), HasSubstr("t-ubyte.gz: "));
}

TEST_F(OpenData, WhatDoesNotFitIsNamed) {
  EXPECT_THAT(ErrorOf({.paths = {Path("none.npy")}}, floats_), HasSubstr("there is no such file"));
  EXPECT_THAT(ErrorOf({.paths = {Write("e.npy", "")}}, floats_), HasSubstr("e.npy: is empty"));
  EXPECT_THAT(
      ErrorOf({.paths = {Write("w.npy", Npy(Dictionary("<f4", "1, 3"), Raw<float>({1, 2, 3})))}},
              floats_),
      HasSubstr("has the shape [-1, 3], expected [-1, 2] for the input \"x\""));
  EXPECT_THAT(
      ErrorOf(
          {.paths = {Write("n.npy", Npy(Dictionary("<f4", "2, 2"), Raw<float>({1, 2, 3, NAN})))}},
          floats_),
      HasSubstr("n.npy: row 1: element 1 is NaN"));
  EXPECT_THAT(ErrorOf({.paths = {Write("t.dat", "hello\n")}}, floats_), HasSubstr("of no format"));
  EXPECT_THAT(ErrorOf({.paths = {Write("x.npy", two_rows_), Path("b")}}, floats_),
              HasSubstr("expected NAME=PATH for each input: x"));
  // Channels in front are not channels at the end, however many numbers there are.
  EXPECT_THAT(
      ErrorOf(
          {.paths = {Write("c.npy", Npy(Dictionary("|u1", "1, 2, 2, 3"), std::string(12, '\1')))}},
          BundleFor(DataType::kFp32, {-1, 3, 2, 2})),
      HasSubstr("[-1, 2, 2, 3], expected [-1, 3, 2, 2]"));
}

TEST_F(OpenData, EachInputMayHaveItsFile) {
  Bundle bundle = floats_;
  bundle.inputs.push_back({.name = "z", .datatype = DataType::kFp64, .shape = {-1, 2}});
  const std::string x = "x=" + Write("a.npy", two_rows_);
  const std::string z = "z=" + Write("b.npy", two_rows_);
  const auto data = OpenDataSet({.paths = {z, x}}, bundle);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(Values<double>((*data)->Read(0, 1)->inputs[1]), ElementsAre(1, 2));
  EXPECT_THAT(ErrorOf({.paths = {x}}, bundle), HasSubstr("nothing is given for the input \"z\""));
  const std::string one = "z=" + Write("c.npy", Npy(Dictionary("<f4", "1, 2"), Raw<float>({1, 2})));
  EXPECT_THAT(ErrorOf({.paths = {x, one}}, bundle), HasSubstr("has 1 rows, expected the 2 of"));
}

}  // namespace
}  // namespace offramp
