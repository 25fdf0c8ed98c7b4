// ONNX element types as ours.
#pragma once

#include <optional>

#include "offramp/core/tensor.h"

namespace offramp {

// nullopt: strings, complex numbers, and what no protocol of ours carries.
std::optional<DataType> FromElementType(int onnx_type);
int ToElementType(DataType type);

}  // namespace offramp
