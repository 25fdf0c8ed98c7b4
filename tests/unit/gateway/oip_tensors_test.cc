#include "offramp/gateway/oip_tensors.h"

#include <string>

#include <gtest/gtest.h>

namespace offramp {
namespace {

Tensor Make(DataType type, std::vector<std::int64_t> shape, const std::string& bytes) {
  Tensor tensor;
  tensor.name = "x";
  tensor.datatype = type;
  tensor.shape = std::move(shape);
  tensor.data = Buffer::CopyOf(bytes);
  return tensor;
}

bool Fits(const Tensor& tensor) { return CheckTensorBytes(tensor, "data").ok(); }

TEST(OipTensors, BytesMustBeWhatShapeAndDatatypeSay) {
  EXPECT_TRUE(Fits(Make(DataType::kFp32, {2, 3}, std::string(24, 'a'))));
  EXPECT_FALSE(Fits(Make(DataType::kFp32, {2, 3}, std::string(23, 'a'))));
  EXPECT_FALSE(Fits(Make(DataType::kFp32, {2, 3}, std::string(28, 'a'))));
  EXPECT_TRUE(Fits(Make(DataType::kFp32, {2, 0}, "")));
  EXPECT_TRUE(Fits(Make(DataType::kBool, {2}, std::string("\0\1", 2))));
  EXPECT_FALSE(Fits(Make(DataType::kBool, {2}, std::string("\0\2", 2))));
}

TEST(OipTensors, ShapesAreBounded) {
  EXPECT_FALSE(Fits(Make(DataType::kInt8, {}, "a"))) << "no batch axis";
  EXPECT_FALSE(Fits(Make(DataType::kInt8, {0, 4}, ""))) << "no rows";
  EXPECT_FALSE(Fits(Make(DataType::kInt8, {-1}, "a")));
  EXPECT_FALSE(Fits(Make(DataType::kInt8, {1LL << 40, 1LL << 40}, "a")));
  EXPECT_TRUE(Fits(Make(DataType::kInt8, std::vector<std::int64_t>(kMaxTensorRank, 1), "a")));
  EXPECT_FALSE(Fits(Make(DataType::kInt8, std::vector<std::int64_t>(kMaxTensorRank + 1, 1), "a")));
}

TEST(OipTensors, StringsAreFramedByTheirLength) {
  const std::string two = std::string("\2\0\0\0ab", 6) + std::string("\0\0\0\0", 4);
  EXPECT_TRUE(Fits(Make(DataType::kBytes, {2}, two)));
  EXPECT_FALSE(Fits(Make(DataType::kBytes, {1}, two)));
  EXPECT_FALSE(Fits(Make(DataType::kBytes, {3}, two)));
  EXPECT_FALSE(Fits(Make(DataType::kBytes, {2}, two.substr(0, 9)))) << "a cut length";
  EXPECT_FALSE(Fits(Make(DataType::kBytes, {1}, std::string("\377\377\377\377ab", 6))));
}

TEST(OipTensors, NamesAreUnique) {
  EXPECT_FALSE(CheckTensorNames({}).ok());
  Tensor a = Make(DataType::kInt8, {1}, "a");
  Tensor b = a;
  EXPECT_FALSE(CheckTensorNames({a, b}).ok());
  b.name = "y";
  EXPECT_TRUE(CheckTensorNames({a, b}).ok());
}

TEST(OipTensors, OnlyMisalignedBytesAreCopied) {
  const Buffer aligned = Buffer::CopyOf(std::string(32, 'x'));
  EXPECT_EQ(AlignedFor(DataType::kFp64, aligned).data(), aligned.data());
  const Buffer odd = aligned.Slice(1, 8);
  EXPECT_EQ(AlignedFor(DataType::kInt8, odd).data(), odd.data());
  const Buffer copy = AlignedFor(DataType::kFp32, odd);
  EXPECT_NE(copy.data(), odd.data());
  EXPECT_TRUE(copy.IsAlignedTo(4));
  EXPECT_EQ(copy.text(), odd.text());
}

}  // namespace
}  // namespace offramp
