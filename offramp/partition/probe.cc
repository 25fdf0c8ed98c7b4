#include "offramp/partition/probe.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/partition/whole_model.h"

namespace offramp {

namespace {

// Another extent for open axes, to see what follows them.
constexpr std::int64_t kOtherImage = 32;
constexpr std::int64_t kOtherLength = 5;

// Axis 0 of inputs and outputs without a number. What the file says of values between would
// contradict it.
void OpenBatch(onnx::GraphProto& graph) {
  const auto open = [](onnx::ValueInfoProto& info) {
    if (!info.type().has_tensor_type()) return;
    auto& type = *info.mutable_type()->mutable_tensor_type();
    if (type.has_shape() && type.shape().dim_size() > 0) {
      type.mutable_shape()->mutable_dim(0)->set_dim_param("batch");
    }
  };
  for (auto& input : *graph.mutable_input()) open(input);
  for (auto& output : *graph.mutable_output()) open(output);
  graph.clear_value_info();
}

std::vector<Tensor> Draw(const std::vector<SampleInput>& inputs, std::int64_t rows,
                         std::int64_t integers, std::uint64_t seed) {
  Random random(seed);
  std::vector<Tensor> drawn;
  for (const SampleInput& input : inputs) {
    drawn.push_back(RandomTensor(input, rows, integers, random));
  }
  return drawn;
}

std::vector<SampleInput> Longer(std::vector<SampleInput> inputs) {
  for (SampleInput& input : inputs) {
    for (std::size_t axis = 1; axis < input.shape.size(); ++axis) {
      if (!input.open[axis]) continue;
      input.shape[axis] += input.shape.size() == 4 && axis > 1 ? kOtherImage : kOtherLength;
    }
  }
  return inputs;
}

class Prober {
 public:
  Prober(OnnxModel& model, const ModelGraph& graph, Probed& probed, std::uint64_t seed)
      : model_(model), graph_(graph), probed_(probed), seed_(seed) {
    for (ValueId value = 0; value < graph.value_count(); ++value) {
      if (graph.producer(value) < 0) continue;
      asked_.push_back(value);
      names_.push_back(graph.name(value));
    }
    probed_.values.resize(static_cast<std::size_t>(graph.value_count()));
  }

  Status Open() {
    OFFRAMP_ASSIGN_OR_RETURN(whole_, WholeModel::Open(model_, names_));
    return OkStatus();
  }

  // Finds the range of integers with a batch of one.
  Status First() {
    Status last = OkStatus();
    for (const std::int64_t integers : kIntegerRanges) {
      probed_.integers = integers;
      last = Once(probed_.inputs, 1);
      if (last.ok()) return last;
    }
    return last;
  }

  Status Once(const std::vector<SampleInput>& inputs, std::int64_t rows) {
    const std::vector<Tensor> drawn = Draw(inputs, rows, probed_.integers, seed_);
    OFFRAMP_ASSIGN_OR_RETURN(const std::vector<std::optional<Tensor>> found,
                             whole_->Run(drawn, names_));
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i]) See(asked_[i], *found[i], rows);
    }
    for (const Tensor& input : drawn) {
      if (const auto value = graph_.Find(input.name)) See(*value, input, rows);
    }
    rows_.push_back(rows);
    return OkStatus();
  }

  // What all probes together say.
  void Conclude() {
    for (ValueFacts& facts : probed_.values) {
      if (!facts.datatype || facts.seen.size() != rows_.size()) {
        facts.datatype.reset();
        continue;
      }
      facts.shape = facts.seen.front();
      facts.open.assign(facts.shape.size(), false);
      facts.row = !facts.shape.empty();
      for (std::size_t probe = 0; probe < facts.seen.size(); ++probe) {
        const auto& shape = facts.seen[probe];
        if (shape.size() != facts.shape.size()) {  // of another rank each time: nobody can carry it
          facts.row = false;
          break;
        }
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
          if (shape[axis] != facts.shape[axis]) facts.open[axis] = true;
        }
        facts.row &= !shape.empty() && shape[0] == rows_[probe];
        // The other axes do not follow the batch: rows are independent.
        if (rows_[probe] > 1 && probe < same_shape_probes_) {
          for (std::size_t axis = 1; axis < shape.size(); ++axis) {
            facts.row &= shape[axis] == facts.shape[axis];
          }
        }
      }
      facts.bytes = ElementCount(facts.shape).value_or(0) * ElementBytes(*facts.datatype);
      if (facts.bytes == 0) facts.row = false;
    }
  }

  // Probes so far were of the first shapes.
  void MarkShapes() { same_shape_probes_ = rows_.size(); }

 private:
  void See(ValueId value, const Tensor& tensor, std::int64_t /*rows*/) {
    ValueFacts& facts = probed_.values[static_cast<std::size_t>(value)];
    facts.datatype = tensor.datatype;
    facts.seen.push_back(tensor.shape);
  }

  OnnxModel& model_;
  const ModelGraph& graph_;
  Probed& probed_;
  const std::uint64_t seed_;
  std::vector<ValueId> asked_;
  std::vector<std::string> names_;
  std::optional<WholeModel> whole_;
  std::vector<std::int64_t> rows_;  // of every probe
  std::size_t same_shape_probes_ = 0;
};

// Whether the model runs two tasks at a time with an open batch axis.
bool RunsTwo(OnnxModel& model, const std::vector<SampleInput>& inputs, std::uint64_t seed) {
  Result<WholeModel> whole = WholeModel::Open(model, {});
  if (!whole.ok()) return false;
  std::vector<std::string> outputs;
  for (const auto& output : model.proto.graph().output()) outputs.push_back(output.name());
  for (const std::int64_t integers : kIntegerRanges) {
    const auto found = whole->Run(Draw(inputs, 2, integers, seed), outputs);
    if (!found.ok()) continue;
    // An answer of one row for two tasks has mixed them up.
    return std::all_of(found->begin(), found->end(), [](const std::optional<Tensor>& tensor) {
      return tensor && !tensor->shape.empty() && tensor->shape[0] == 2;
    });
  }
  return false;
}

}  // namespace

TensorSpec SpecOf(const ModelGraph& graph, const Probed& probed, ValueId value) {
  const ValueFacts& facts = probed.values[static_cast<std::size_t>(value)];
  TensorSpec spec{.name = graph.name(value),
                  .datatype = facts.datatype.value_or(DataType::kFp32),
                  .shape = facts.shape};
  for (std::size_t axis = 0; axis < spec.shape.size(); ++axis) {
    if ((axis == 0 && facts.row) || facts.open[axis]) spec.shape[axis] = -1;
  }
  return spec;
}

Result<Probed> ModelProbe::Run(OnnxModel& model, const InputShapes& shapes, std::uint64_t seed) {
  Probed probed;
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  OFFRAMP_ASSIGN_OR_RETURN(probed.inputs, SampleInputs(graph, shapes, probed.notes));
  const auto inputs = graph.input();
  const auto outputs = graph.output();
  const auto infos = graph.value_info();
  OpenBatch(graph);
  if (!RunsTwo(model, probed.inputs, seed)) {
    *graph.mutable_input() = inputs;
    *graph.mutable_output() = outputs;
    *graph.mutable_value_info() = infos;
    probed.any_batch = false;
    probed.notes.emplace_back("the model runs one task at a time: its batch size is fixed");
  }
  OFFRAMP_ASSIGN_OR_RETURN(const ModelGraph index, ModelGraph::Of(graph));
  Prober prober(model, index, probed, seed);
  OFFRAMP_RETURN_IF_ERROR(prober.Open());
  if (const Status first = prober.First(); !first.ok()) {
    // Where something was guessed, that is the likeliest reason.
    return probed.notes.empty()
               ? first
               : InvalidArgumentError(first.message() + " (" + Join(probed.notes, "; ") + ")");
  }
  if (probed.any_batch) {
    OFFRAMP_RETURN_IF_ERROR(prober.Once(probed.inputs, 2));
    OFFRAMP_RETURN_IF_ERROR(prober.Once(probed.inputs, 3));
  }
  prober.MarkShapes();
  const bool open = std::any_of(probed.inputs.begin(), probed.inputs.end(), [](const auto& input) {
    return std::find(input.open.begin(), input.open.end(), true) != input.open.end();
  });
  // A model may have good reasons to reject other extents; then nothing is known to be fixed.
  if (open && !prober.Once(Longer(probed.inputs), 1).ok()) {
    probed.notes.emplace_back("the model rejects other extents than these");
  }
  prober.Conclude();
  return probed;
}

}  // namespace offramp
