// No copy on the way into the runtime and out of it.
#include "offramp/engine/onnx_session.h"

#include <cstring>

#include <gtest/gtest.h>

#include "offramp/engine/stage_outputs.h"
#include "tests/unit/engine/test_bundles.h"

namespace offramp {
namespace {

Ort::MemoryInfo CpuMemory() {
  return Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
}

TEST(OnnxSessionTest, TheRuntimeReadsTheTensorsOwnBytes) {
  const Tensor tensor = Floats("x", 2, 8, 1);
  const Ort::Value value = ValueOver(tensor, CpuMemory());
  EXPECT_EQ(value.GetTensorRawData(), tensor.data.data());
  EXPECT_EQ(value.GetTensorSizeInBytes(), tensor.data.size());
}

TEST(OnnxSessionTest, TensorsAreTheRuntimesOwnBytes) {
  Ort::AllocatorWithDefaultOptions allocator;
  const std::vector<std::int64_t> shape = {3, 5};
  Ort::Value value = Ort::Value::CreateTensor<double>(allocator, shape.data(), shape.size());
  const void* data = value.GetTensorRawData();
  const Tensor tensor = TensorOver("y", std::move(value), nullptr).value();
  EXPECT_EQ(tensor.data.data(), data);
  EXPECT_EQ(tensor.data.size(), 3u * 5 * 8);
  EXPECT_EQ(tensor.shape, shape);
  EXPECT_EQ(tensor.datatype, DataType::kFp64);
  EXPECT_EQ(tensor.name, "y");
}

TEST(OnnxSessionTest, OnlyMisalignedBytesAreCopied) {
  const Tensor aligned = Floats("x", 2, 8, 2);
  EXPECT_EQ(ElementAligned(aligned).data(), aligned.data.data());
  // A row of a larger buffer is aligned to its elements, if not to 64 bytes: still no copy.
  const Tensor row = SliceRows(Floats("x", 3, 1, 3), 1, 1);
  EXPECT_EQ(ElementAligned(row).data(), row.data.data());
  std::vector<std::byte> padded(aligned.data.size() + 1);
  std::memcpy(padded.data() + 1, aligned.data.data(), aligned.data.size());
  Tensor odd = aligned;
  odd.data = Buffer::CopyOf(padded).Slice(1, aligned.data.size());
  const Buffer copy = ElementAligned(odd);
  EXPECT_NE(copy.data(), odd.data.data());
  EXPECT_TRUE(copy.IsAlignedTo(4));
  EXPECT_EQ(copy.text(), aligned.data.text());
}

TEST(OnnxSessionTest, TypesMapBothWays) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto type = static_cast<DataType>(i);
    if (type == DataType::kBytes) continue;
    EXPECT_EQ(FromOnnx(ToOnnx(type)), type) << DataTypeName(type);
  }
  EXPECT_EQ(FromOnnx(ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING), std::nullopt);
  EXPECT_EQ(ToOnnx(DataType::kBytes), ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED);
}

TEST(OnnxSessionTest, TheRuntimesTextFitsOneLine) {
  EXPECT_EQ(OneLine("a\nb\tc"), "a b c");
  EXPECT_EQ(OneLine(std::string(1000, 'x').c_str()), std::string(400, 'x') + "...");
}

}  // namespace
}  // namespace offramp
