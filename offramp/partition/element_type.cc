#include "offramp/partition/element_type.h"

#include <array>
#include <utility>

#include <onnx/onnx_pb.h>

namespace offramp {

namespace {

constexpr std::array<std::pair<int, DataType>, 13> kTypes = {{
    {onnx::TensorProto::BOOL, DataType::kBool},
    {onnx::TensorProto::UINT8, DataType::kUint8},
    {onnx::TensorProto::UINT16, DataType::kUint16},
    {onnx::TensorProto::UINT32, DataType::kUint32},
    {onnx::TensorProto::UINT64, DataType::kUint64},
    {onnx::TensorProto::INT8, DataType::kInt8},
    {onnx::TensorProto::INT16, DataType::kInt16},
    {onnx::TensorProto::INT32, DataType::kInt32},
    {onnx::TensorProto::INT64, DataType::kInt64},
    {onnx::TensorProto::FLOAT16, DataType::kFp16},
    {onnx::TensorProto::BFLOAT16, DataType::kBf16},
    {onnx::TensorProto::FLOAT, DataType::kFp32},
    {onnx::TensorProto::DOUBLE, DataType::kFp64},
}};

}  // namespace

std::optional<DataType> FromElementType(int onnx_type) {
  for (const auto& [theirs, ours] : kTypes) {
    if (theirs == onnx_type) return ours;
  }
  return std::nullopt;
}

int ToElementType(DataType type) {
  for (const auto& [theirs, ours] : kTypes) {
    if (ours == type) return theirs;
  }
  return onnx::TensorProto::UNDEFINED;
}

}  // namespace offramp
