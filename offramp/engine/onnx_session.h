// One ONNX Runtime session, with the runtime's exceptions and log lines turned into Status.
// Only onnx_engine.cc and onnx_runner.cc include this: no other file knows the runtime.
#pragma once

#include <memory>
#include <onnxruntime_cxx_api.h>
#include <optional>
#include <string>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/engine/onnx_interface.h"

namespace offramp {

// The runtime's element type, or null where we cannot carry it.
std::optional<DataType> FromOnnx(ONNXTensorElementDataType type);
ONNXTensorElementDataType ToOnnx(DataType type);

struct OnnxSessionOptions {
  int threads = 1;          // that sleep when idle
  bool optimise = true;     // false: the graph runs as it stands, weights are not copied
  std::string data_folder;  // of a model in memory: where its external data lie
  std::string trace;        // begin of a file's path: what each node took is written; empty: no
};

// A session over the file at `path`. Shared, since tensors that it allocated outlive the engine.
// kInvalidArgument when it is no sound model.
Result<std::shared_ptr<Ort::Session>> OpenOnnxSession(const std::string& path,
                                                      const OnnxSessionOptions& options);

// The same over a serialised model; `what` names it in errors.
Result<std::shared_ptr<Ort::Session>> OpenOnnxSessionFromBytes(const std::string& bytes,
                                                               const std::string& what,
                                                               const OnnxSessionOptions& options);

// A value over the tensor's own bytes, which must outlive it; nothing is copied. REQUIRES: the
// bytes fit the shape and are aligned to the elements. May throw what the runtime throws.
Ort::Value ValueOver(const Tensor& tensor, const Ort::MemoryInfo& memory);

// A tensor over the value's own bytes: the tensor's buffer owns the value, and the session whose
// allocator made it. Nothing is copied. May throw what the runtime throws.
Result<Tensor> TensorOver(const std::string& name, Ort::Value value,
                          std::shared_ptr<Ort::Session> session);

// Its inputs and outputs. May throw what the runtime throws.
OnnxInterface InterfaceOf(const Ort::Session& session);

// The runtime's text on one line.
std::string OneLine(const char* text);

}  // namespace offramp
