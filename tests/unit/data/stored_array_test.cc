#include "offramp/data/stored_array.h"

#include <gmock/gmock.h>

#include "tests/unit/data/data_files.h"

namespace offramp {
namespace {

using testing::HasSubstr;

class StoredArrayTest : public DataFiles {
 protected:
  std::string ErrorOf(const std::string& bytes) const {
    const auto array = OpenNpy(Write("a.npy", bytes));
    return array.ok() ? "" : array.status().message();
  }
};

TEST_F(StoredArrayTest, ReadsRowsOfANpyFile) {
  const auto array = OpenNpy(
      Write("a.npy", Npy(Dictionary("<i2", "3, 2"), Raw<std::int16_t>({1, 2, 3, 4, 5, 6}))));
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(array->datatype, DataType::kInt16);
  EXPECT_EQ(array->rows(), 3);
  std::vector<std::int16_t> rows(4);
  ASSERT_TRUE(array->Read(1, 2, std::as_writable_bytes(std::span(rows))).ok());
  EXPECT_EQ(rows, (std::vector<std::int16_t>{3, 4, 5, 6}));
}

TEST_F(StoredArrayTest, BigEndianNumbersAreTurned) {
  const auto array =
      OpenNpy(Write("a.npy", Npy(Dictionary(">i4", "1,"), std::string("\0\0\1\2", 4))));
  ASSERT_TRUE(array.ok()) << array.status();
  std::int32_t value = 0;
  ASSERT_TRUE(array->Read(0, 1, std::as_writable_bytes(std::span(&value, 1))).ok());
  EXPECT_EQ(value, 258);
}

TEST_F(StoredArrayTest, PicklesAreRefusedAndNotLoaded) {
  EXPECT_THAT(ErrorOf(Npy(Dictionary("|O", "3,"), "cos\nsystem\n")), HasSubstr("never loaded"));
}

TEST_F(StoredArrayTest, WhatIsNoPlainArrayIsRefused) {
  EXPECT_THAT(ErrorOf(Npy(Dictionary("<U5", "1,"), "")), HasSubstr("\"<U5\""));
  EXPECT_THAT(ErrorOf(Npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "")),
              HasSubstr("records"));
  EXPECT_THAT(ErrorOf(Npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}",
                          std::string(16, '\0'))),
              HasSubstr("Fortran order"));
  EXPECT_THAT(ErrorOf(Npy(Dictionary("<f4", ""), "1234")), HasSubstr("expected rows"));
}

TEST_F(StoredArrayTest, TornAndHostileHeadersAreOneLine) {
  const std::string sound = Npy(Dictionary("<f4", "2,"), "12345678");
  for (std::size_t size = 1; size < sound.size(); ++size) {
    const std::string error = ErrorOf(sound.substr(0, size));
    EXPECT_FALSE(error.empty()) << size;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
  EXPECT_THAT(ErrorOf(Npy(Dictionary("<f4", "99999999999, 99999999999"), "")),
              HasSubstr("more elements than"));
  EXPECT_THAT(ErrorOf(Npy(Dictionary("<f4", "1000000"), "12345678")), HasSubstr("ends before"));
  EXPECT_THAT(ErrorOf(Npy(Dictionary("<f4", "-1,"), "")), HasSubstr("broken .npy header"));
  EXPECT_THAT(ErrorOf(Npy("{'descr': '<f4'}", "")), HasSubstr("broken .npy header"));
  EXPECT_THAT(ErrorOf(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12)),
              HasSubstr("claims a header"));
}

TEST_F(StoredArrayTest, IdxFilesOfEveryTypeAreRead) {
  const auto array = OpenIdx(Write("a.idx", std::string("\0\0\x0d\1\0\0\0\1\x3f\x80\0\0", 12)));
  ASSERT_TRUE(array.ok()) << array.status();
  float value = 0;
  ASSERT_TRUE(array->Read(0, 1, std::as_writable_bytes(std::span(&value, 1))).ok());
  EXPECT_EQ(value, 1.0F);
}

}  // namespace
}  // namespace offramp
