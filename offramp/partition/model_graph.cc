#include "offramp/partition/model_graph.h"

#include <algorithm>
#include <queue>
#include <set>
#include <unordered_set>

#include "offramp/base/text.h"
#include "offramp/partition/rename.h"

namespace offramp {

namespace {

// Same inputs, another output each time: not to be repeated in several stages.
bool IsRandom(const onnx::NodeProto& node) {
  static const std::set<std::string> kRandom = {"RandomNormal",  "RandomNormalLike",
                                                "RandomUniform", "RandomUniformLike",
                                                "Multinomial",   "Bernoulli"};
  return kRandom.contains(node.op_type());
}

// Names of the outer graph that `graph` and its subgraphs read.
void Captures(const onnx::GraphProto& graph, std::unordered_set<std::string> own,
              std::set<std::string>& found) {
  for (const auto& input : graph.input()) own.insert(input.name());
  for (const auto& tensor : graph.initializer()) own.insert(tensor.name());
  for (const auto& node : graph.node()) own.insert(node.output().begin(), node.output().end());
  for (const auto& node : graph.node()) {
    for (const std::string& name : node.input()) {
      if (!name.empty() && !own.contains(name)) found.insert(name);
    }
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) Captures(attribute.g(), own, found);
      for (const auto& inner : attribute.graphs()) Captures(inner, own, found);
    }
  }
  for (const auto& output : graph.output()) {
    if (!own.contains(output.name())) found.insert(output.name());
  }
}

std::vector<std::string> ReadsOf(const onnx::NodeProto& node) {
  std::set<std::string> captured;
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) Captures(attribute.g(), {}, captured);
    for (const auto& inner : attribute.graphs()) Captures(inner, {}, captured);
  }
  std::vector<std::string> reads;
  std::set<std::string> seen;
  for (const std::string& name : node.input()) {
    if (!name.empty() && seen.insert(name).second) reads.push_back(name);
  }
  for (const std::string& name : captured) {
    if (seen.insert(name).second) reads.push_back(name);
  }
  return reads;
}

const onnx::TensorProto* ConstantOf(const onnx::NodeProto& node) {
  if (node.op_type() != "Constant") return nullptr;
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == "value") return &attribute.t();
  }
  return nullptr;
}

std::string Described(const onnx::NodeProto& node) {
  return "node \"" + Shown(node.name()) + "\" (" + Shown(node.op_type()) + ")";
}

// Positions in topological order, the file's own where that is one; fewer: there is a cycle.
std::vector<int> Sorted(const onnx::GraphProto& graph,
                        const std::vector<std::vector<std::string>>& reads) {
  std::unordered_map<std::string, int> producer;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) producer[output] = i;
  }
  const auto count = static_cast<std::size_t>(graph.node_size());
  std::vector<int> missing(count, 0);
  std::vector<std::vector<int>> then(count);
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::string& name : reads[i]) {
      const auto it = producer.find(name);
      if (it == producer.end()) continue;
      then[static_cast<std::size_t>(it->second)].push_back(static_cast<int>(i));
      ++missing[i];
    }
    if (missing[i] == 0) ready.push(static_cast<int>(i));
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int i = ready.top();
    ready.pop();
    order.push_back(i);
    for (const int next : then[static_cast<std::size_t>(i)]) {
      if (--missing[static_cast<std::size_t>(next)] == 0) ready.push(next);
    }
  }
  return order;
}

}  // namespace

ValueId ModelGraph::Add(const std::string& name) {
  const auto [it, added] = by_name_.try_emplace(name, value_count());
  if (added) values_.push_back({.name = name});
  return it->second;
}

std::optional<ValueId> ModelGraph::Find(const std::string& name) const {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return std::nullopt;
  return it->second;
}

Status ModelGraph::AddNodes() {
  std::vector<std::vector<std::string>> reads;
  for (const auto& node : proto_->node()) reads.push_back(ReadsOf(node));
  const std::vector<int> order = Sorted(*proto_, reads);
  if (order.size() != reads.size()) return InvalidArgumentError("its nodes form a cycle");
  for (const int position : order) {
    const onnx::NodeProto& proto = proto_->node(position);
    const auto id = static_cast<NodeId>(nodes_.size());
    Node node{.proto = &proto};
    for (const std::string& name : reads[static_cast<std::size_t>(position)]) {
      const auto known = Find(name);
      if (!known) {
        return InvalidArgumentError(Described(proto) + " reads \"" + Shown(name) +
                                    "\", which nothing computes");
      }
      node.reads.push_back(*known);
      values_[static_cast<std::size_t>(*known)].readers.push_back(id);
    }
    for (const std::string& name : proto.output()) {
      if (name.empty()) continue;
      if (Find(name)) {
        return InvalidArgumentError(Described(proto) + " computes \"" + Shown(name) +
                                    "\", which is there already");
      }
      const ValueId value = Add(name);
      values_[static_cast<std::size_t>(value)].producer = id;
      values_[static_cast<std::size_t>(value)].weight = ConstantOf(proto);
      node.writes.push_back(value);
    }
    nodes_.push_back(std::move(node));
  }
  return OkStatus();
}

void ModelGraph::MarkConstants() {
  for (NodeId id = 0; id < node_count(); ++id) {
    const Node& node = node_at(id);
    const bool fixed =
        !IsRandom(*node.proto) && std::all_of(node.reads.begin(), node.reads.end(),
                                              [this](ValueId value) { return constant(value); });
    if (!fixed) continue;
    for (const ValueId value : node.writes)
      values_[static_cast<std::size_t>(value)].constant = true;
  }
}

Result<ModelGraph> ModelGraph::Of(const onnx::GraphProto& proto) {
  ModelGraph graph;
  graph.proto_ = &proto;
  const auto add_weight = [&graph](const std::string& name, const onnx::TensorProto* tensor) {
    Value& value = graph.values_[static_cast<std::size_t>(graph.Add(name))];
    value.constant = true;
    value.weight = tensor;
  };
  for (const auto& tensor : proto.initializer()) add_weight(tensor.name(), &tensor);
  for (const auto& sparse : proto.sparse_initializer()) add_weight(sparse.values().name(), nullptr);
  for (const auto& input : proto.input()) {
    if (!graph.Find(input.name())) graph.inputs_.push_back(graph.Add(input.name()));
  }
  OFFRAMP_RETURN_IF_ERROR(graph.AddNodes());
  graph.MarkConstants();
  for (const auto& output : proto.output()) {
    const auto value = graph.Find(output.name());
    if (!value) {
      return InvalidArgumentError("output \"" + output.name() + "\" is computed by nothing");
    }
    graph.outputs_.push_back(*value);
  }
  return graph;
}

}  // namespace offramp
