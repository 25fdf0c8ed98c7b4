// Split: an ONNX model as a bundle of stages (formats.md "Bundle"). Nothing is written before the
// stages, run one after the other, have answered as the whole model does; then the folder appears
// at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/partition/carry.h"
#include "offramp/partition/cut_points.h"
#include "offramp/partition/sample_inputs.h"
#include "offramp/partition/verify.h"

namespace offramp {

struct SplitOptions {
  std::string model;                           // path of the ONNX file
  std::string folder;                          // that will be the bundle; must not be there
  std::string name;                            // of the model in every API; empty: the file's
  std::vector<std::vector<std::string>> cuts;  // tensors by cut; empty: chosen by `stages`
  int stages = 2;
  CutWishes wishes;
  InputShapes shapes;
  std::uint64_t seed = 1;
  Carry carry = Carry::kAsComputed;
  // Of |staged - whole| / (1 + |whole|). Absent: 1e-5, or 5e-3 where half-precision tensors cross a
  // cut (within a model the runtime keeps them in full precision), or 0.1 with Carry::kInt8.
  std::optional<double> tolerance;
  // Inputs to compare on beside random ones: sets of tensors of one task each, named and typed as
  // the bundle that will be written says. Null: none.
  std::function<Result<std::vector<std::vector<Tensor>>>(const Bundle&)> examples;
  // Told what is being done, in a few words.
  std::function<void(const std::string&)> progress;
  // Asked between steps: true gives up, and nothing stays behind. Null: never.
  std::function<bool()> stop;
};

struct SplitReport {
  Bundle bundle;
  std::vector<std::int64_t> weight_bytes;  // by stage
  Comparison comparison;
  std::vector<std::string> notes;  // for people: what was assumed
};

// kInvalidArgument or kNotFound, one line; kInternal where the disk is to blame,
// kCancelled when stopped. Leaves nothing
// behind when it fails.
Result<SplitReport> Split(const SplitOptions& options);

}  // namespace offramp
