#include "offramp/partition/whole_model.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "offramp/partition/element_type.h"
#include "offramp/partition/model_graph.h"

namespace offramp {

namespace {

constexpr int kThreads = 2;

std::int64_t WeightBytes(const onnx::GraphProto& graph) {
  std::int64_t bytes = 0;
  for (const onnx::TensorProto& tensor : graph.initializer()) bytes += BytesOf(tensor);
  return bytes;
}

// With `values` among its outputs.
Result<std::unique_ptr<OnnxRunner>> OpenAtOnce(OnnxModel& model,
                                               const std::vector<std::string>& values) {
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  const int declared = graph.output_size();
  for (const std::string& name : values) {
    const bool there = std::any_of(graph.output().begin(), graph.output().end(),
                                   [&](const auto& output) { return output.name() == name; });
    if (!there) graph.add_output()->set_name(name);
  }
  std::string bytes;
  model.proto.SerializeToString(&bytes);
  graph.mutable_output()->DeleteSubrange(declared, graph.output_size() - declared);
  return OnnxRunner::FromBytes(bytes, model.folder, model.path, {.threads = kThreads});
}

// One pass over all nodes, a few at a time; what is still needed is kept by name.
class PieceRun {
 public:
  PieceRun(const OnnxModel& model, const ModelGraph& graph, const std::vector<std::string>& wanted,
           std::int64_t most_bytes)
      : model_(model),
        graph_(graph),
        wanted_(wanted.begin(), wanted.end()),
        most_bytes_(most_bytes) {
    for (const onnx::TensorProto& tensor : model.proto.graph().initializer()) {
      weights_[tensor.name()] = &tensor;
    }
    for (const auto& sparse : model.proto.graph().sparse_initializer()) {
      sparse_[sparse.values().name()] = &sparse;
    }
  }

  // nullopt: something crosses that cannot be handed on.
  Result<std::optional<std::map<std::string, Tensor>>> Run(const std::vector<Tensor>& inputs) {
    for (const Tensor& input : inputs) tensors_[input.name] = input;
    NodeId first = 0;
    while (first < graph_.node_count()) {
      const NodeId end = EndOfPiece(first);
      OFFRAMP_ASSIGN_OR_RETURN(const bool handed_on, RunPiece(first, end));
      if (!handed_on) return std::optional<std::map<std::string, Tensor>>();
      first = end;
    }
    return std::optional(std::move(tensors_));
  }

 private:
  NodeId EndOfPiece(NodeId first) const {
    std::set<std::string> counted;
    std::int64_t bytes = 0;
    NodeId node = first;
    for (; node < graph_.node_count(); ++node) {
      for (const ValueId value : graph_.reads(node)) {
        const auto it = weights_.find(graph_.name(value));
        if (it == weights_.end() || !counted.insert(it->first).second) continue;
        bytes += BytesOf(*it->second);
      }
      if (bytes > most_bytes_ && node > first) break;
    }
    return node;
  }

  bool NeededLater(ValueId value, NodeId end) const {
    const std::vector<NodeId>& readers = graph_.readers(value);
    return wanted_.contains(graph_.name(value)) ||
           std::any_of(readers.begin(), readers.end(),
                       [&](NodeId reader) { return reader >= end; });
  }

  Result<bool> RunPiece(NodeId first, NodeId end) {
    onnx::ModelProto piece;
    piece.set_ir_version(model_.proto.ir_version());
    *piece.mutable_opset_import() = model_.proto.opset_import();
    *piece.mutable_functions() = model_.proto.functions();
    onnx::GraphProto& graph = *piece.mutable_graph();
    graph.set_name("piece");
    std::set<std::string> there;
    std::vector<Tensor> inputs;
    std::vector<std::string> outputs;
    for (NodeId node = first; node < end; ++node) {
      *graph.add_node() = graph_.node(node);
      for (const ValueId value : graph_.reads(node)) {
        const std::string& name = graph_.name(value);
        const bool inside = graph_.producer(value) >= first && graph_.producer(value) < end;
        if (inside || !there.insert(name).second) continue;
        if (const auto weight = weights_.find(name); weight != weights_.end()) {
          *graph.add_initializer() = *weight->second;
        } else if (const auto sparse = sparse_.find(name); sparse != sparse_.end()) {
          *graph.add_sparse_initializer() = *sparse->second;
        } else if (const auto tensor = tensors_.find(name); tensor != tensors_.end()) {
          onnx::ValueInfoProto& input = *graph.add_input();
          input.set_name(name);
          input.mutable_type()->mutable_tensor_type()->set_elem_type(
              ToElementType(tensor->second.datatype));
          inputs.push_back(tensor->second);
        } else {
          return false;
        }
      }
      for (const ValueId value : graph_.writes(node)) {
        if (!NeededLater(value, end)) continue;
        outputs.push_back(graph_.name(value));
        graph.add_output()->set_name(outputs.back());
      }
    }
    if (outputs.empty()) return true;
    std::string bytes;
    piece.SerializeToString(&bytes);
    OFFRAMP_ASSIGN_OR_RETURN(
        const std::unique_ptr<OnnxRunner> runner,
        OnnxRunner::FromBytes(bytes, model_.folder, model_.path, {.threads = kThreads}));
    OFFRAMP_ASSIGN_OR_RETURN(auto found, runner->Run(inputs, outputs));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (found[i]) tensors_[outputs[i]] = Detached(*std::move(found[i]));
    }
    Forget(end);
    return true;
  }

  void Forget(NodeId end) {
    std::erase_if(tensors_, [&](const auto& entry) {
      const auto value = graph_.Find(entry.first);
      return value && !NeededLater(*value, end);
    });
  }

  const OnnxModel& model_;
  const ModelGraph& graph_;
  const std::set<std::string> wanted_;
  const std::int64_t most_bytes_;
  std::map<std::string, const onnx::TensorProto*> weights_;
  std::map<std::string, const onnx::SparseTensorProto*> sparse_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace

Tensor Detached(Tensor tensor) {
  tensor.data = Buffer::CopyOf(std::span(tensor.data.data(), tensor.data.size()));
  return tensor;
}

Result<WholeModel> WholeModel::Open(OnnxModel& model, const std::vector<std::string>& values,
                                    const WholeModelLimits& limits) {
  WholeModel whole;
  whole.limits_ = limits;
  whole.model_ = &model;
  whole.values_ = values;
  if (WeightBytes(model.proto.graph()) <= limits.whole) {
    OFFRAMP_ASSIGN_OR_RETURN(whole.runner_, OpenAtOnce(model, values));
  }
  return whole;
}

Result<std::vector<std::optional<Tensor>>> WholeModel::Run(
    const std::vector<Tensor>& inputs, const std::vector<std::string>& outputs) {
  if (runner_) return runner_->Run(inputs, outputs);
  OFFRAMP_ASSIGN_OR_RETURN(const ModelGraph graph, ModelGraph::Of(model_->proto.graph()));
  OFFRAMP_ASSIGN_OR_RETURN(auto tensors,
                           PieceRun(*model_, graph, outputs, limits_.piece).Run(inputs));
  if (!tensors) {
    OFFRAMP_ASSIGN_OR_RETURN(runner_, OpenAtOnce(*model_, values_));
    return runner_->Run(inputs, outputs);
  }
  std::vector<std::optional<Tensor>> found;
  for (const std::string& name : outputs) {
    const auto it = tensors->find(name);
    found.push_back(it == tensors->end() ? std::nullopt : std::optional(it->second));
  }
  return found;
}

}  // namespace offramp
