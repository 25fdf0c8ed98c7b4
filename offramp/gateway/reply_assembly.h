// Puts the answers of a request's rows together, in whatever order and grouping they come back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "offramp/gateway/inference.h"
#include "offramp/wire/frame.h"

namespace offramp {

// Loop thread only.
class ReplyAssembly {
 public:
  ReplyAssembly(std::size_t rows, const Bundle& model);

  // `rows` are the request's rows that `answer` is for, in its order. kInternal when its tensors do
  // not fit what is there already.
  Status Add(const std::vector<std::uint32_t>& rows, const AnswerFrame& answer);

  bool complete() const { return open_ == 0; }

  // REQUIRES: complete(). The assembly is empty afterwards. kInternal when the model's answer, its
  // last output, is not there for every row.
  InferenceReply Take();

 private:
  struct Output {
    Tensor tensor;  // shared whole, or with `bytes` behind it
    std::optional<MutableBuffer> bytes;
    std::size_t row_bytes = 0;
    std::size_t rows = 0;  // placed so far
  };

  Status Place(Output& output, const Tensor& tensor, const std::vector<std::uint32_t>& rows);

  std::size_t open_;
  std::vector<Output> outputs_;  // as the model's
  InferenceReply reply_;
};

}  // namespace offramp
