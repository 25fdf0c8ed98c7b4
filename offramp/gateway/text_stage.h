// The tokenizer stage: what a gateway does before stage 1 where clients send raw text. Nodes and
// the wire know nothing of it; a task carries token tensors like any others.
#pragma once

#include <memory>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"
#include "offramp/text/tokenizer.h"

namespace offramp {

// Immutable once made; thread-safe.
class TextStage {
 public:
  // Longest text, and all texts of one request, in bytes: what is longer is refused unread.
  static constexpr std::size_t kMaxTextBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMaxRequestBytes = std::size_t{16} << 20;

  // Reads the tokenizer's file and checks its SHA-256. Errors name the file: kNotFound when it is
  // not there, kFailedPrecondition when it is another one, kInvalidArgument when we cannot do what
  // it says. REQUIRES: the bundle has a tokenizer.
  static Result<std::unique_ptr<const TextStage>> Load(const Bundle& bundle);

  TextStage(const BundleTokenizer& facts, std::unique_ptr<Tokenizer> tokenizer);

  // The tensors that stage 1 receives, a row for each text, as wide as the request's longest.
  // kInvalidArgument names the row: a text that is empty, no UTF-8 or too long. REQUIRES: `texts`
  // is a sound BYTES tensor (CheckTensorBytes).
  Result<std::vector<Tensor>> Run(const Tensor& texts) const;

 private:
  const BundleTokenizer facts_;
  const std::unique_ptr<Tokenizer> tokenizer_;
};

}  // namespace offramp
