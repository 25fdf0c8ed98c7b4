// Reading an ONNX file as protobuf messages, weights in other files left where they are.
#pragma once

#include <string>

#include <onnx/onnx_pb.h>

#include "offramp/base/result.h"

namespace offramp {

struct OnnxModel {
  onnx::ModelProto proto;
  std::string path;    // as given
  std::string folder;  // absolute, of the file: external data lie below it
};

// Checked: it is a model with a graph of nodes and outputs; external data are files within the
// folder (also after symbolic links) with as many bytes as they say; no sequence or map among the
// graph's inputs. Names that a bundle could not carry (spaces, commas, too long) are replaced.
// Errors: kNotFound, kInvalidArgument; one line that begins with the path.
Result<OnnxModel> ReadOnnxModel(const std::string& path);

// Where a tensor's bytes are, when not in the message.
struct ExternalData {
  std::string location;  // relative to the folder
  std::int64_t offset = 0;
  std::int64_t length = 0;  // 0: to the end of the file
};
Result<ExternalData> ExternalDataOf(const onnx::TensorProto& tensor);
bool IsExternal(const onnx::TensorProto& tensor);

// Bytes of a tensor's elements by its type and shape; 4-bit ones packed. 0 for strings.
std::int64_t BytesOf(const onnx::TensorProto& tensor);

}  // namespace offramp
