// ModelGraph: the graph of an ONNX model as indices: who computes a value, who reads it, and what
// is constant. What subgraphs (If, Loop, Scan) capture counts as read by their node: nothing is
// ever cut inside.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <onnx/onnx_pb.h>

#include "offramp/base/result.h"

namespace offramp {

using ValueId = int;
using NodeId = int;  // a position in topological order

class ModelGraph {
 public:
  // `graph` must outlive it. kInvalidArgument: a value read that nobody computes, computed twice, a
  // cycle.
  static Result<ModelGraph> Of(const onnx::GraphProto& graph);

  const onnx::GraphProto& proto() const { return *proto_; }
  int value_count() const { return static_cast<int>(values_.size()); }
  int node_count() const { return static_cast<int>(nodes_.size()); }

  const std::string& name(ValueId value) const { return At(value).name; }
  std::optional<ValueId> Find(const std::string& name) const;
  const onnx::NodeProto& node(NodeId node) const { return *node_at(node).proto; }

  // -1: an input of the graph, or a weight.
  NodeId producer(ValueId value) const { return At(value).producer; }
  const std::vector<NodeId>& readers(ValueId value) const { return At(value).readers; }
  const std::vector<ValueId>& reads(NodeId node) const { return node_at(node).reads; }
  const std::vector<ValueId>& writes(NodeId node) const { return node_at(node).writes; }

  // Follows from weights alone: any stage can have it for itself.
  bool constant(ValueId value) const { return At(value).constant; }
  // The weight of this name in the file, or of a Constant node; null: computed, or an input.
  const onnx::TensorProto* weight(ValueId value) const { return At(value).weight; }

  const std::vector<ValueId>& inputs() const { return inputs_; }    // without weights
  const std::vector<ValueId>& outputs() const { return outputs_; }  // as the file has them

 private:
  struct Value {
    std::string name;
    NodeId producer = -1;
    std::vector<NodeId> readers;
    bool constant = false;
    const onnx::TensorProto* weight = nullptr;
  };
  struct Node {
    const onnx::NodeProto* proto = nullptr;
    std::vector<ValueId> reads;  // distinct
    std::vector<ValueId> writes;
  };

  const Value& At(ValueId value) const { return values_[static_cast<std::size_t>(value)]; }
  const Node& node_at(NodeId node) const { return nodes_[static_cast<std::size_t>(node)]; }
  ValueId Add(const std::string& name);
  Status AddNodes();
  void MarkConstants();

  const onnx::GraphProto* proto_ = nullptr;
  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  std::unordered_map<std::string, ValueId> by_name_;
};

}  // namespace offramp
