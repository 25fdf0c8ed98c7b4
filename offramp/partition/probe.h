// Probe: runs a model a few times with everything that its nodes compute as outputs, and so learns
// types and shapes of every value, and which of them have the batch as their first axis. Works for
// whatever the runtime runs: no operator needs to be known here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"
#include "offramp/partition/model_graph.h"
#include "offramp/partition/onnx_model.h"
#include "offramp/partition/sample_inputs.h"

namespace offramp {

struct ValueFacts {
  std::optional<DataType> datatype;             // absent: never seen, or not to be carried
  std::vector<std::int64_t> shape;              // of one task
  std::vector<bool> open;                       // by axis: has another extent in another probe
  bool row = false;                             // axis 0 is the batch: can travel with its task
  std::int64_t bytes = 0;                       // of one task
  std::vector<std::vector<std::int64_t>> seen;  // the shape in every probe
};

struct Probed {
  std::vector<ValueFacts> values;  // by ValueId; nothing of the file's weights
  std::vector<SampleInput> inputs;
  bool any_batch = true;      // false: the model runs one task at a time, as its file says
  std::int64_t integers = 2;  // the range of integers that it accepts
  std::vector<std::string> notes;
};

// A value as bundle.yaml describes it: -1 for the batch and for open extents.
TensorSpec SpecOf(const ModelGraph& graph, const Probed& probed, ValueId value);

// Makes axis 0 of all inputs open, where the model runs like that (`model` is changed, and changed
// back otherwise), and learns the rest. kInvalidArgument: inputs that do not do, or a model that
// rejects whatever is tried, with the runtime's last word.
class ModelProbe {
 public:
  static Result<Probed> Run(OnnxModel& model, const InputShapes& shapes, std::uint64_t seed);
};

}  // namespace offramp
