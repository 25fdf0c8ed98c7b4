// An Open Inference Protocol infer request over REST: JSON, JSON with binary tensors behind it, or
// one raw tensor. Parses bytes of strangers; no HTTP type here, so a fuzzer calls it directly.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/buffer.h"
#include "offramp/base/result.h"
#include "offramp/gateway/inference.h"

namespace offramp {

// What the client wants back, beside the answer itself.
struct RestReplyPlan {
  std::string id;                         // echoed when not empty
  std::vector<std::string> output_names;  // empty: all
  std::vector<bool> output_binary;        // parallel to output_names
  bool binary_by_default = false;         // of outputs that are not named
};

struct RestInfer {
  InferenceRequest request;  // model_version and trace_parent are left to the caller
  RestReplyPlan plan;
};

struct RestLimits {
  std::size_t max_json_bytes = std::size_t{16} << 20;  // simdjson takes up to 14 times as much
  std::size_t max_json_depth = 100;
};

// Keeps simdjson's memory between requests. Not thread-safe: one for each thread.
class RestRequestParser {
 public:
  explicit RestRequestParser(RestLimits limits = {});
  ~RestRequestParser();

  // `json_bytes` is the header Inference-Header-Content-Length: absent, the whole body is JSON; 0,
  // the whole body is the model's single input as one row, and every output is wanted as binary.
  // Tensors in the result share the body's bytes where they are aligned. kInvalidArgument says what
  // is wrong; kUnimplemented and kResourceExhausted (too much JSON) as they say.
  Result<RestInfer> Parse(const Bundle& model, const Buffer& body,
                          std::optional<std::uint64_t> json_bytes);

 private:
  struct Parser;
  RestLimits limits_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace offramp
