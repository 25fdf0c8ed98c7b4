#include "offramp/model/bundle.h"

namespace offramp {

std::vector<TensorSpec> Bundle::task_inputs() const {
  if (!tokenizer) return inputs;
  std::vector<TensorSpec> specs;
  for (const std::string& tensor : {tokenizer->ids, tokenizer->mask, tokenizer->types}) {
    if (!tensor.empty()) specs.push_back({tensor, DataType::kInt64, {-1, -1}});
  }
  return specs;
}

}  // namespace offramp
