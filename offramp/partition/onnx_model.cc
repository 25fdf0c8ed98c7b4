#include "offramp/partition/onnx_model.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include <google/protobuf/io/zero_copy_stream_impl.h>

#include "offramp/base/text.h"
#include "offramp/partition/rename.h"

namespace offramp {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

Result<std::int64_t> ParseCount(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return InvalidArgumentError("\"" + Shown(text) + "\" is no number of bytes");
  }
  return value;
}

Status CheckExternal(const onnx::TensorProto& tensor, const fs::path& folder) {
  OFFRAMP_ASSIGN_OR_RETURN(const ExternalData data, ExternalDataOf(tensor));
  const fs::path relative(data.location);
  const bool leaves =
      relative.is_absolute() || std::find(relative.begin(), relative.end(), "..") != relative.end();
  std::error_code error;
  const fs::path file = fs::weakly_canonical(folder / relative, error);
  const fs::path within = fs::weakly_canonical(folder, error);
  const auto [end, unused] = std::mismatch(within.begin(), within.end(), file.begin(), file.end());
  if (leaves || data.location.empty() || end != within.end()) {
    return InvalidArgumentError("its data are in \"" + Shown(data.location) +
                                "\", expected a file within the model's folder");
  }
  const std::uintmax_t size = fs::file_size(file, error);
  if (error)
    return NotFoundError("its data are in \"" + Shown(data.location) + "\", which is not there");
  const std::int64_t bytes = data.length > 0 ? data.length : BytesOf(tensor);
  const auto end_of_data =
      static_cast<std::uintmax_t>(data.offset) + static_cast<std::uintmax_t>(bytes);
  if (end_of_data > size) {
    return InvalidArgumentError(Format("its data end at byte %llu of \"%s\", which has %llu",
                                       static_cast<unsigned long long>(end_of_data),
                                       Shown(data.location).c_str(),
                                       static_cast<unsigned long long>(size)));
  }
  return OkStatus();
}

Status CheckGraph(const onnx::GraphProto& graph, const fs::path& folder) {
  if (graph.node_size() == 0) return InvalidArgumentError("has no nodes, expected a model");
  if (graph.output_size() == 0) return InvalidArgumentError("has no outputs");
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    if (!IsExternal(tensor)) continue;
    OFFRAMP_RETURN_IF_ERROR(
        CheckExternal(tensor, folder).At("tensor \"" + Shown(tensor.name()) + "\""));
  }
  std::set<std::string> weights;
  for (const onnx::TensorProto& tensor : graph.initializer()) weights.insert(tensor.name());
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (weights.contains(input.name()) || input.type().has_tensor_type()) continue;
    return InvalidArgumentError("input \"" + Shown(input.name()) +
                                "\" is no tensor (a sequence, a map or optional), which cannot be "
                                "sent between nodes");
  }
  return OkStatus();
}

}  // namespace

bool IsExternal(const onnx::TensorProto& tensor) {
  return tensor.data_location() == onnx::TensorProto::EXTERNAL;
}

Result<ExternalData> ExternalDataOf(const onnx::TensorProto& tensor) {
  ExternalData data;
  for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
    if (entry.key() == "location") data.location = entry.value();
    if (entry.key() == "offset") {
      OFFRAMP_ASSIGN_OR_RETURN(data.offset, ParseCount(entry.value()));
    }
    if (entry.key() == "length") {
      OFFRAMP_ASSIGN_OR_RETURN(data.length, ParseCount(entry.value()));
    }
  }
  return data;
}

std::int64_t BytesOf(const onnx::TensorProto& tensor) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : tensor.dims()) {
    if (extent < 0 || (extent > 0 && elements > kMostElements / extent)) return 0;
    elements *= extent;
  }
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::INT32:
    case onnx::TensorProto::UINT32:
      return elements * 4;
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::INT64:
    case onnx::TensorProto::UINT64:
    case onnx::TensorProto::COMPLEX64:
      return elements * 8;
    case onnx::TensorProto::COMPLEX128:
      return elements * 16;
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
    case onnx::TensorProto::INT16:
    case onnx::TensorProto::UINT16:
      return elements * 2;
    case onnx::TensorProto::STRING:
      return 0;
    case 21:  // UINT4 and INT4, younger than the library's enumeration
    case 22:
      return (elements + 1) / 2;
    default:
      return elements;
  }
}

Result<OnnxModel> ReadOnnxModel(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return fs::exists(path, error) ? InvalidArgumentError(path + ": is no file, expected ONNX")
                                   : NotFoundError(path + ": there is no such file");
  }
  std::ifstream file(path, std::ios::binary);
  OnnxModel model;
  model.path = path;
  model.folder = fs::absolute(fs::path(path)).parent_path().string();
  google::protobuf::io::IstreamInputStream stream(&file);
  if (!file || !model.proto.ParseFromZeroCopyStream(&stream)) {
    return InvalidArgumentError(path + ": is no ONNX model, or a torn one");
  }
  if (!model.proto.has_graph() || model.proto.opset_import_size() == 0) {
    return InvalidArgumentError(path + ": is no ONNX model: it has no graph or no operator set");
  }
  OFFRAMP_RETURN_IF_ERROR(CheckGraph(model.proto.graph(), model.folder).At(path));
  ReplaceUnusableNames(*model.proto.mutable_graph());
  return model;
}

}  // namespace offramp
