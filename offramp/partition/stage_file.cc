#include "offramp/partition/stage_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/partition/element_type.h"

namespace offramp {

namespace {

// Up to here weights from beside the model are taken into the stage's own file.
constexpr std::int64_t kFewBytes = 64 << 20;
// Weights within a protobuf message end at 2 GB.
constexpr std::int64_t kMostWithin = std::int64_t{1900} << 20;
constexpr std::size_t kCopyBytes = 4 << 20;
// Where a weight begins in a data file: ONNX Runtime maps whole pages.
constexpr std::int64_t kAlignment = 4096;

Status DiskError(const std::string& path) {
  return InternalError(path + ": cannot be written: " + std::strerror(errno));
}

class StageWriter {
 public:
  StageWriter(const OnnxModel& model, const ModelGraph& graph, const Probed& probed,
              const StageParts& parts, const Narrowing& narrowing, std::string folder)
      : model_(model),
        graph_(graph),
        probed_(probed),
        parts_(parts),
        narrowing_(narrowing),
        folder_(std::move(folder)) {}

  Result<StageFile> Write(int stage);

 private:
  void AddNodes(onnx::GraphProto& out);
  void AddPorts(onnx::GraphProto& out);
  bool ComputedHere(ValueId value) const;
  CarriedTensor AsItIs(ValueId value) const;
  void Describe(const CarriedTensor& tensor, onnx::ValueInfoProto& info) const;
  Status AddWeights(onnx::GraphProto& out, StageFile& file);
  Status CopyExternal(const onnx::TensorProto& from, onnx::TensorProto& to, StageFile& file);

  const OnnxModel& model_;
  const ModelGraph& graph_;
  const Probed& probed_;
  const StageParts& parts_;
  const Narrowing& narrowing_;
  const std::string folder_;
  std::int64_t weight_bytes_ = 0;  // of Constant nodes
  bool beside_ = false;            // weights go into a data file
  std::ofstream data_;
  std::int64_t data_bytes_ = 0;
};

void StageWriter::AddNodes(onnx::GraphProto& out) {
  for (const ValueId value : parts_.receives) {
    if (narrowing_.Of(value) != nullptr) narrowing_.AddWidening(value, graph_.name(value), out);
  }
  for (const NodeId node : parts_.nodes) {
    for (const ValueId value : graph_.writes(node)) {
      if (const onnx::TensorProto* constant = graph_.weight(value)) {
        weight_bytes_ += BytesOf(*constant);
      }
    }
    onnx::NodeProto& copy = *out.add_node();
    copy = graph_.node(node);
    const auto it = parts_.shapes.find(node);
    if (it != parts_.shapes.end()) copy.set_input(0, graph_.name(it->second));
  }
  for (const ValueId value : parts_.sends) {
    if (narrowing_.Of(value) != nullptr && ComputedHere(value)) {
      narrowing_.AddNarrowing(value, graph_.name(value), out);
    }
  }
}

bool StageWriter::ComputedHere(ValueId value) const {
  return std::find(parts_.nodes.begin(), parts_.nodes.end(), graph_.producer(value)) !=
         parts_.nodes.end();
}

CarriedTensor StageWriter::AsItIs(ValueId value) const {
  const ValueFacts& facts = probed_.values[static_cast<std::size_t>(value)];
  return {.name = graph_.name(value),
          .datatype = facts.datatype.value_or(DataType::kFp32),
          .shape = facts.shape,
          .open = facts.open};
}

void StageWriter::Describe(const CarriedTensor& tensor, onnx::ValueInfoProto& info) const {
  info.set_name(tensor.name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(ToElementType(tensor.datatype));
  auto& shape = *type.mutable_shape();
  for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    auto& dim = *shape.add_dim();
    if (axis == 0 && probed_.any_batch) {
      dim.set_dim_param("batch");
    } else if (!tensor.open[axis]) {
      dim.set_dim_value(tensor.shape[axis]);
    }
  }
}

void StageWriter::AddPorts(onnx::GraphProto& out) {
  for (const ValueId value : parts_.receives) {
    const std::vector<CarriedTensor>* narrow = narrowing_.Of(value);
    if (narrow == nullptr) Describe(AsItIs(value), *out.add_input());
    for (std::size_t i = 0; narrow != nullptr && i < narrow->size(); ++i) {
      Describe((*narrow)[i], *out.add_input());
    }
  }
  std::set<ValueId> named;
  const auto add = [&](ValueId value) {
    if (ComputedHere(value) && named.insert(value).second) {
      Describe(AsItIs(value), *out.add_output());
    }
  };
  for (const ValueId value : parts_.sends) {
    const std::vector<CarriedTensor>* narrow = narrowing_.Of(value);
    if (narrow == nullptr) add(value);
    for (std::size_t i = 0; narrow != nullptr && ComputedHere(value) && i < narrow->size(); ++i) {
      Describe((*narrow)[i], *out.add_output());
    }
  }
  for (const ValueId value : parts_.outputs) add(value);
  if (parts_.exit >= 0) add(parts_.exit);
}

Status StageWriter::CopyExternal(const onnx::TensorProto& from, onnx::TensorProto& to,
                                 StageFile& file) {
  OFFRAMP_ASSIGN_OR_RETURN(const ExternalData source, ExternalDataOf(from));
  std::ifstream in(model_.folder + "/" + source.location, std::ios::binary);
  in.seekg(source.offset);
  std::int64_t left = source.length > 0 ? source.length : BytesOf(from);
  const std::int64_t length = left;
  std::vector<char> piece(std::min<std::size_t>(kCopyBytes, static_cast<std::size_t>(left) + 1));
  if (beside_) {
    const std::int64_t gap = (kAlignment - data_bytes_ % kAlignment) % kAlignment;
    data_.seekp(gap, std::ios::cur);
    data_bytes_ += gap;
  }
  std::string within;
  if (!beside_) within.reserve(static_cast<std::size_t>(left));
  const std::int64_t offset = data_bytes_;
  while (left > 0) {
    const auto count = std::min<std::int64_t>(left, static_cast<std::int64_t>(piece.size()));
    if (!in.read(piece.data(), count)) {
      return InvalidArgumentError(model_.folder + "/" + source.location +
                                  ": ends within tensor \"" + from.name() + "\"");
    }
    if (beside_) {
      if (!data_.write(piece.data(), count)) return DiskError(folder_ + "/" + file.data_file);
    } else {
      within.append(piece.data(), static_cast<std::size_t>(count));
    }
    left -= count;
  }
  to = from;
  to.clear_external_data();
  if (!beside_) {
    to.clear_data_location();
    to.set_raw_data(std::move(within));
    return OkStatus();
  }
  data_bytes_ += length;
  const auto entry = [&to](const char* key, const std::string& value) {
    auto& pair = *to.add_external_data();
    pair.set_key(key);
    pair.set_value(value);
  };
  entry("location", file.data_file);
  entry("offset", std::to_string(offset));
  entry("length", std::to_string(length));
  return OkStatus();
}

Status StageWriter::AddWeights(onnx::GraphProto& out, StageFile& file) {
  std::int64_t external = 0;
  file.weight_bytes = weight_bytes_;
  for (const ValueId value : parts_.weights) {
    const onnx::TensorProto* weight = graph_.weight(value);
    if (weight == nullptr) continue;
    file.weight_bytes += BytesOf(*weight);
    if (IsExternal(*weight)) external += BytesOf(*weight);
  }
  beside_ = external > kFewBytes;
  if (beside_) {
    file.data_file = file.file.substr(0, file.file.rfind('.')) + ".data";
    data_.open(folder_ + "/" + file.data_file, std::ios::binary | std::ios::trunc);
    if (!data_) return DiskError(folder_ + "/" + file.data_file);
  } else if (file.weight_bytes > kMostWithin) {
    return InvalidArgumentError(Format("its weights take %lld bytes, more than one file can hold",
                                       static_cast<long long>(file.weight_bytes)));
  }
  for (const ValueId value : parts_.weights) {
    const onnx::TensorProto* weight = graph_.weight(value);
    if (weight == nullptr) continue;
    if (IsExternal(*weight)) {
      OFFRAMP_RETURN_IF_ERROR(CopyExternal(*weight, *out.add_initializer(), file));
    } else {
      *out.add_initializer() = *weight;
    }
  }
  std::set<std::string> names;
  for (const ValueId value : parts_.weights) names.insert(graph_.name(value));
  for (const auto& sparse : graph_.proto().sparse_initializer()) {
    if (names.contains(sparse.values().name())) *out.add_sparse_initializer() = sparse;
  }
  if (beside_) {
    data_.close();
    if (!data_) return DiskError(folder_ + "/" + file.data_file);
    OFFRAMP_RETURN_IF_ERROR(SyncToDisk(folder_ + "/" + file.data_file));
  }
  return OkStatus();
}

Result<StageFile> StageWriter::Write(int stage) {
  StageFile file{.file = Format("stage%d.onnx", stage)};
  onnx::ModelProto out;
  out.set_ir_version(model_.proto.ir_version());
  out.set_producer_name("offramp");
  *out.mutable_opset_import() = model_.proto.opset_import();
  *out.mutable_functions() = model_.proto.functions();
  onnx::GraphProto& graph = *out.mutable_graph();
  graph.set_name(Format("stage%d", stage));
  AddNodes(graph);
  AddPorts(graph);
  OFFRAMP_RETURN_IF_ERROR(AddWeights(graph, file).At(Format("stage %d", stage)));
  const std::string path = folder_ + "/" + file.file;
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  if (!stream || !out.SerializeToOstream(&stream)) return DiskError(path);
  stream.close();
  if (!stream) return DiskError(path);
  OFFRAMP_RETURN_IF_ERROR(SyncToDisk(path));
  return file;
}

}  // namespace

Result<StageFile> WriteStageFile(const OnnxModel& model, const ModelGraph& graph,
                                 const Probed& probed, const StageParts& parts,
                                 const Narrowing& narrowing, int stage, const std::string& folder) {
  return StageWriter(model, graph, probed, parts, narrowing, folder).Write(stage);
}

Status SyncToDisk(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return DiskError(path);
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  return synced ? OkStatus() : DiskError(path);
}

}  // namespace offramp
