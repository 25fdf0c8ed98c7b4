#include "offramp/partition/staging.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "offramp/base/text.h"
#include "offramp/engine/onnx_interface.h"
#include "offramp/partition/shape_source.h"

namespace offramp {

namespace {

constexpr std::int64_t kMostRepeatedElements = 1 << 20;

// What follows from shapes and small masks; any stage can do it again in no time.
bool IsCheap(const onnx::NodeProto& node) {
  static const std::set<std::string> kCheap = {"Shape",
                                               "Size",
                                               "Gather",
                                               "Slice",
                                               "Concat",
                                               "Unsqueeze",
                                               "Squeeze",
                                               "Cast",
                                               "Add",
                                               "Sub",
                                               "Mul",
                                               "Div",
                                               "Mod",
                                               "Neg",
                                               "Min",
                                               "Max",
                                               "Floor",
                                               "Ceil",
                                               "Sqrt",
                                               "Range",
                                               "ConstantOfShape",
                                               "Expand",
                                               "Tile",
                                               "Reshape",
                                               "Where",
                                               "Equal",
                                               "Less",
                                               "Greater",
                                               "And",
                                               "Or",
                                               "Not",
                                               "Xor",
                                               "Identity",
                                               "Transpose",
                                               "ReduceProd",
                                               "Abs",
                                               "Trilu",
                                               "Pow",
                                               "Round",
                                               "Constant",
                                               "Flatten",
                                               "LessOrEqual",
                                               "ReduceMax",
                                               "ReduceMin",
                                               "ReduceSum",
                                               "GreaterOrEqual",
                                               "Split",
                                               "CumSum",
                                               "Sign"};
  return kCheap.contains(node.op_type()) && (node.domain().empty() || node.domain() == "ai.onnx");
}

class Stager {
 public:
  Stager(const ModelGraph& graph, const Probed& probed, const std::vector<double>& flops)
      : graph_(graph),
        probed_(probed),
        flops_(flops),
        stage_of_(static_cast<std::size_t>(graph.node_count()), 0) {}

  Status Assign(const std::vector<std::vector<ValueId>>& cuts);
  Result<std::vector<StageParts>> Build();

 private:
  const ValueFacts& facts(ValueId value) const {
    return probed_.values[static_cast<std::size_t>(value)];
  }
  int& stage_of(NodeId node) { return stage_of_[static_cast<std::size_t>(node)]; }
  // 0: an input of the model.
  int Origin(ValueId value) {
    return graph_.producer(value) < 0 ? 0 : stage_of(graph_.producer(value));
  }
  std::string Quoted(ValueId value) const { return "tensor \"" + graph_.name(value) + "\""; }

  // Nodes that `value` needs, each once, those that `skip` says left out with what is behind them.
  std::vector<NodeId> Ancestors(ValueId value, const std::function<bool(NodeId)>& skip) const;
  void AssignOutput(ValueId output);
  Status Collect(int stage, StageParts& parts);
  Status Need(ValueId value, int stage, ValueId reader_of, StageParts& parts,
              std::set<NodeId>& nodes, std::set<ValueId>& received);
  Status ResolveShapes(int stage, StageParts& parts, std::set<NodeId>& nodes,
                       std::set<ValueId>& received);
  Status PlaceOutputs(std::vector<StageParts>& stages);

  const ModelGraph& graph_;
  const Probed& probed_;
  const std::vector<double>& flops_;
  std::vector<int> stage_of_;  // by node; 0: none needs it, or constant
  int stages_ = 0;
  std::set<NodeId> shape_nodes_;  // of the stage under way, whose source is not settled
};

std::vector<NodeId> Stager::Ancestors(ValueId value,
                                      const std::function<bool(NodeId)>& skip) const {
  std::vector<NodeId> found;
  std::set<NodeId> seen;
  std::vector<ValueId> open = {value};
  while (!open.empty()) {
    const NodeId node = graph_.producer(open.back());
    const bool constant = graph_.constant(open.back());
    open.pop_back();
    if (node < 0 || constant || skip(node) || !seen.insert(node).second) continue;
    found.push_back(node);
    open.insert(open.end(), graph_.reads(node).begin(), graph_.reads(node).end());
  }
  return found;
}

Status Stager::Assign(const std::vector<std::vector<ValueId>>& cuts) {
  stages_ = static_cast<int>(cuts.size()) + 1;
  const auto taken = [this](NodeId node) { return stage_of(node) != 0; };
  for (int stage = 1; stage < stages_; ++stage) {
    bool some = false;
    for (const ValueId value : cuts[static_cast<std::size_t>(stage - 1)]) {
      if (graph_.constant(value)) {
        return InvalidArgumentError(Quoted(value) +
                                    " is constant, expected one that depends on "
                                    "the inputs to cut at");
      }
      if (graph_.producer(value) >= 0 && !facts(value).row) {
        return InvalidArgumentError(Quoted(value) +
                                    " cannot be sent: its first axis is not the "
                                    "batch" +
                                    (facts(value).datatype
                                         ? ", its shape is " + ShapeText(facts(value).shape)
                                         : std::string()));
      }
      for (const NodeId node : Ancestors(value, taken)) {
        stage_of(node) = stage;
        some = true;
      }
    }
    if (!some) {
      return InvalidArgumentError("the cut at " +
                                  Quoted(cuts[static_cast<std::size_t>(stage - 1)].front()) +
                                  Format(" leaves stage %d nothing to do", stage));
    }
  }
  const ValueId answer = graph_.outputs().back();
  bool some = false;
  for (const NodeId node : Ancestors(answer, taken)) {
    stage_of(node) = stages_;
    some = true;
  }
  if (!some) {
    return InvalidArgumentError("the last cut leaves the last stage nothing to do: output \"" +
                                graph_.name(answer) + "\" is computed before it");
  }
  for (const ValueId output : graph_.outputs()) {
    if (output != answer) AssignOutput(output);
  }
  return OkStatus();
}

void Stager::AssignOutput(ValueId output) {
  const std::vector<NodeId> own =
      Ancestors(output, [this](NodeId node) { return stage_of(node) != 0; });
  int stage = 1;
  for (const NodeId node : own) {
    for (const ValueId value : graph_.reads(node)) stage = std::max(stage, Origin(value));
  }
  for (const NodeId node : own) stage_of(node) = stage;
}

Status Stager::Need(ValueId value, int stage, ValueId reader, StageParts& parts,
                    std::set<NodeId>& nodes, std::set<ValueId>& received) {
  const NodeId node = graph_.producer(value);
  if (node < 0 && graph_.constant(value)) {
    parts.weights.push_back(value);
    return OkStatus();
  }
  const bool own = node >= 0 && !graph_.constant(value) && stage_of(node) == stage;
  if (own) return OkStatus();
  const bool again = node >= 0 && (graph_.constant(value) || IsRepeated(graph_, probed_, value));
  if (!again) {
    if (!facts(value).row && !(node < 0 && stage == 1)) {
      return InvalidArgumentError(
          Quoted(value) + Format(" would have to reach stage %d for \"", stage) +
          (reader >= 0 ? graph_.name(reader) : std::string("?")) +
          "\", and cannot be sent: its first axis is not the batch. Cut elsewhere");
    }
    received.insert(value);
    return OkStatus();
  }
  if (!nodes.insert(node).second) return OkStatus();
  if (graph_.node(node).op_type() == "Shape" && !graph_.constant(value)) {
    shape_nodes_.insert(node);
    return OkStatus();
  }
  for (const ValueId read : graph_.reads(node)) {
    OFFRAMP_RETURN_IF_ERROR(Need(read, stage, value, parts, nodes, received));
  }
  return OkStatus();
}

// Shape nodes want extents, not a tensor: any that is here with the same extents will do.
Status Stager::ResolveShapes(int stage, StageParts& parts, std::set<NodeId>& nodes,
                             std::set<ValueId>& received) {
  while (!shape_nodes_.empty()) {
    const NodeId node = *shape_nodes_.begin();
    shape_nodes_.erase(shape_nodes_.begin());
    const ValueId source = graph_.reads(node).front();
    const bool here = received.contains(source) ||
                      (graph_.producer(source) >= 0 && stage_of(graph_.producer(source)) == stage);
    if (here) continue;
    if (const auto other = ShapeTwin(graph_, probed_, node, received)) {
      parts.shapes[node] = *other;
      continue;
    }
    OFFRAMP_RETURN_IF_ERROR(
        Need(source, stage, graph_.writes(node).front(), parts, nodes, received));
  }
  return OkStatus();
}

Status Stager::Collect(int stage, StageParts& parts) {
  std::set<NodeId> nodes;
  std::set<ValueId> received;
  shape_nodes_.clear();
  for (NodeId node = 0; node < graph_.node_count(); ++node) {
    if (stage_of(node) != stage) continue;
    nodes.insert(node);
    const std::vector<ValueId>& reads = graph_.reads(node);
    const bool here = !reads.empty() && (Origin(reads.front()) == stage ||
                                         (stage == 1 && graph_.producer(reads.front()) < 0));
    if (graph_.node(node).op_type() == "Shape" && !here) {
      shape_nodes_.insert(node);
      continue;
    }
    for (const ValueId value : reads) {
      OFFRAMP_RETURN_IF_ERROR(Need(value, stage,
                                   graph_.writes(node).empty() ? -1 : graph_.writes(node).front(),
                                   parts, nodes, received));
    }
  }
  OFFRAMP_RETURN_IF_ERROR(ResolveShapes(stage, parts, nodes, received));
  parts.nodes.assign(nodes.begin(), nodes.end());
  parts.receives.assign(received.begin(), received.end());
  std::sort(parts.weights.begin(), parts.weights.end());
  parts.weights.erase(std::unique(parts.weights.begin(), parts.weights.end()), parts.weights.end());
  for (const NodeId node : parts.nodes) parts.flops += flops_[static_cast<std::size_t>(node)];
  return OkStatus();
}

Status Stager::PlaceOutputs(std::vector<StageParts>& stages) {
  const ValueId answer = graph_.outputs().back();
  const ValueFacts& last = facts(answer);
  std::set<ValueId> placed;
  for (const ValueId output : graph_.outputs()) {
    if (!placed.insert(output).second) continue;
    const int stage = Origin(output);
    // Stage 0: an input of the model, or what follows from weights alone.
    if (!facts(output).row || graph_.producer(output) < 0 || stage < 1) {
      return InvalidArgumentError("output \"" + graph_.name(output) +
                                  "\" has no batch axis of its own, expected a row a task");
    }
    StageParts& parts = stages[static_cast<std::size_t>(stage - 1)];
    if (output == answer) {
      parts.exit = output;
      continue;
    }
    const ValueFacts& here = facts(output);
    const bool exit = stage < stages_ && here.datatype == last.datatype && here.shape == last.shape;
    if (exit && parts.exit >= 0) parts.outputs.push_back(parts.exit);
    (exit ? parts.exit : parts.outputs.emplace_back()) = output;
  }
  return OkStatus();
}

Result<std::vector<StageParts>> Stager::Build() {
  std::vector<StageParts> stages(static_cast<std::size_t>(stages_));
  for (int stage = 1; stage <= stages_; ++stage) {
    OFFRAMP_RETURN_IF_ERROR(Collect(stage, stages[static_cast<std::size_t>(stage - 1)]));
  }
  for (int stage = 1; stage < stages_; ++stage) {
    StageParts& parts = stages[static_cast<std::size_t>(stage - 1)];
    std::set<ValueId> sends;
    for (int later = stage + 1; later <= stages_; ++later) {
      for (const ValueId value : stages[static_cast<std::size_t>(later - 1)].receives) {
        if (Origin(value) <= stage) sends.insert(value);
      }
    }
    if (sends.empty()) {
      return InvalidArgumentError(Format("stage %d needs nothing of stage %d", stage + 1, stage));
    }
    parts.sends.assign(sends.begin(), sends.end());
  }
  OFFRAMP_RETURN_IF_ERROR(PlaceOutputs(stages));
  return stages;
}

}  // namespace

bool IsRepeated(const ModelGraph& graph, const Probed& probed, ValueId value) {
  const NodeId node = graph.producer(value);
  if (node < 0 || graph.constant(value)) return false;
  const ValueFacts& facts = probed.values[static_cast<std::size_t>(value)];
  if (facts.row || !IsCheap(graph.node(node))) return false;
  return !facts.datatype || ElementCount(facts.shape).value_or(0) <= kMostRepeatedElements;
}

Result<std::vector<StageParts>> StageByCuts(const ModelGraph& graph, const Probed& probed,
                                            const std::vector<double>& flops,
                                            const std::vector<std::vector<ValueId>>& cuts) {
  Stager stager(graph, probed, flops);
  OFFRAMP_RETURN_IF_ERROR(stager.Assign(cuts));
  return stager.Build();
}

}  // namespace offramp
