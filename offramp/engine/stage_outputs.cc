#include "offramp/engine/stage_outputs.h"

#include <algorithm>

#include "offramp/base/text.h"

namespace offramp {

namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<std::string> StageOutputNames(const Bundle& bundle, int stage,
                                          const std::vector<std::string>& file_outputs) {
  const BundleStage& facts = bundle.stage(stage);
  std::vector<std::string> names = facts.sends;
  if (!facts.exit.empty() && !Contains(names, facts.exit)) names.push_back(facts.exit);
  for (std::size_t i = 0; i + 1 < bundle.outputs.size(); ++i) {
    const std::string& name = bundle.outputs[i].name;
    if (Contains(file_outputs, name) && !Contains(names, name)) names.push_back(name);
  }
  return names;
}

const Tensor* FindTensor(const std::vector<Tensor>& tensors, const std::string& name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&name](const Tensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

Buffer ElementAligned(const Tensor& tensor) {
  const auto alignment = static_cast<std::size_t>(ElementBytes(tensor.datatype));
  return tensor.data.IsAlignedTo(alignment) ? tensor.data : Buffer::CopyOf(tensor.data.bytes());
}

Result<std::int64_t> CommonRows(const std::vector<Tensor>& tensors) {
  if (tensors.empty()) return InvalidArgumentError("there is no tensor, expected inputs");
  const std::int64_t rows = tensors[0].rows();
  for (const Tensor& tensor : tensors) {
    if (tensor.shape.empty() || tensor.rows() < 1 || tensor.rows() != rows) {
      return InvalidArgumentError(Format("tensor \"%s\" has %lld rows, expected %s",
                                         tensor.name.c_str(), static_cast<long long>(tensor.rows()),
                                         "as many as the first one, at least one"));
    }
  }
  return rows;
}

}  // namespace offramp
