#include "offramp/exits/pooling.h"

#include <algorithm>

#include "offramp/base/text.h"
#include "offramp/partition/element_type.h"

namespace offramp {

namespace {

constexpr int kGrids[] = {2, 4, 7};
constexpr int kPoolingOpset = 13;
constexpr std::int64_t kFloat = onnx::TensorProto::FLOAT;

double Elements(const ExitSource& source) {
  double elements = 1;
  for (const std::int64_t extent : source.shape) elements *= static_cast<double>(extent);
  return elements;
}

bool TakesGrid(const ExitSource& source, int grid) {
  return source.space() && source.fixed && source.shape.size() == 3 && source.shape[1] >= grid &&
         source.shape[2] >= grid && source.shape[1] * source.shape[2] > grid;
}

// Equal windows that together cover an extent, overlapping where it does not divide.
struct Windows {
  std::int64_t stride;
  std::int64_t size;
};
Windows WindowsOf(std::int64_t extent, int grid) {
  const std::int64_t stride = extent / grid;
  return {.stride = stride, .size = extent - (grid - 1) * stride};
}

std::string AsFloat(const std::string& tensor, DataType datatype, GraphWriter& writer) {
  if (datatype == DataType::kFp32) return tensor;
  return writer.Node("Cast", {tensor}, {{.name = "to", .values = {kFloat}, .list = false}});
}

std::string Flat(const std::string& tensor, GraphWriter& writer) {
  return writer.Node("Flatten", {tensor}, {{.name = "axis", .values = {1}, .list = false}});
}

const GraphWriter::IntAttribute kDropAxes = {.name = "keepdims", .values = {0}, .list = false};
const GraphWriter::IntAttribute kKeepAxes = {.name = "keepdims", .values = {1}, .list = false};

// [n, t, c] to the mean over the tokens that count; 0 where none does.
std::string MaskedMean(const std::string& tokens, const ExitInputs& inputs, GraphWriter& writer) {
  const std::string mask = AsFloat(inputs.mask, inputs.mask_datatype, writer);
  const std::string weight = writer.Over("Unsqueeze", mask, {2}, 13);
  const std::string kept = writer.Node("Mul", {tokens, weight});
  const std::string sum = writer.Over("ReduceSum", kept, {1}, 13, {kDropAxes});
  const std::string count = writer.Over("ReduceSum", mask, {1}, 13, {kKeepAxes});
  // The larger of count and 1, by operators that broadcast in every operator set.
  const std::string one = writer.Float("one", 1);
  const std::string beyond = writer.Node("Relu", {writer.Node("Sub", {count, one})});
  const std::string divisor = writer.Node("Add", {beyond, one});
  return writer.Node("Div", {sum, divisor});
}

std::string Grid(const ExitSource& source, const std::string& values, int grid,
                 GraphWriter& writer) {
  const Windows down = WindowsOf(source.shape[1], grid);
  const Windows across = WindowsOf(source.shape[2], grid);
  return Flat(writer.Node("AveragePool", {values},
                          {{.name = "kernel_shape", .values = {down.size, across.size}},
                           {.name = "strides", .values = {down.stride, across.stride}}}),
              writer);
}

std::string Pooled(const ExitSource& source, const ExitInputs& inputs, const ExitPool& pool,
                   GraphWriter& writer) {
  std::string values = AsFloat(source.tensor, source.datatype, writer);
  if (!source.scale.empty()) values = writer.Node("Mul", {values, source.scale});
  if (source.shape.size() == 1) return values;
  if (source.space()) {
    if (pool.kind == ExitPool::Kind::kGrid && TakesGrid(source, pool.grid)) {
      return Grid(source, values, pool.grid, writer);
    }
    return Flat(writer.Node("GlobalAveragePool", {values}), writer);
  }
  if (pool.kind == ExitPool::Kind::kFirst) {
    return writer.Node("Gather", {values, writer.Ints("first", {0}, true)},
                       {{.name = "axis", .values = {1}, .list = false}});
  }
  if (!inputs.mask.empty()) return MaskedMean(values, inputs, writer);
  return writer.Over("ReduceMean", values, {1}, 18, {kDropAxes});
}

void Declare(const std::string& name, DataType datatype, std::size_t rank,
             onnx::ValueInfoProto& info) {
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(ToElementType(datatype));
  for (std::size_t axis = 0; axis < rank; ++axis) type.mutable_shape()->add_dim();
}

}  // namespace

std::string PoolName(const ExitPool& pool) {
  if (pool.kind == ExitPool::Kind::kGrid) return Format("grid %dx%d", pool.grid, pool.grid);
  return pool.kind == ExitPool::Kind::kFirst ? "first" : "mean";
}

std::vector<ExitPool> PoolsFor(const ExitInputs& inputs) {
  const auto any = [&inputs](const auto& is) {
    return std::any_of(inputs.sources.begin(), inputs.sources.end(), is);
  };
  std::vector<ExitPool> pools;
  if (any([](const ExitSource& source) { return source.tokens(); })) {
    pools.push_back({.kind = ExitPool::Kind::kFirst});
  }
  pools.push_back({.kind = ExitPool::Kind::kMean});
  for (const int grid : kGrids) {
    if (any([grid](const ExitSource& source) { return TakesGrid(source, grid); })) {
      pools.push_back({.kind = ExitPool::Kind::kGrid, .grid = grid});
    }
  }
  return pools;
}

std::int64_t FeatureCount(const ExitInputs& inputs, const ExitPool& pool) {
  std::int64_t count = 0;
  for (const ExitSource& source : inputs.sources) {
    const bool grid = pool.kind == ExitPool::Kind::kGrid && TakesGrid(source, pool.grid);
    count += source.channels() * (grid ? std::int64_t{pool.grid} * pool.grid : 1);
  }
  return count;
}

double PoolFlops(const ExitInputs& inputs, const ExitPool& pool) {
  double flops = 0;
  for (const ExitSource& source : inputs.sources) {
    if (!source.scale.empty()) flops += Elements(source);
    if (source.space() && pool.kind == ExitPool::Kind::kGrid && TakesGrid(source, pool.grid)) {
      flops += static_cast<double>(source.channels() * pool.grid * pool.grid *
                                   WindowsOf(source.shape[1], pool.grid).size *
                                   WindowsOf(source.shape[2], pool.grid).size);
    } else if (source.space()) {
      flops += Elements(source);
    } else if (source.tokens() && pool.kind != ExitPool::Kind::kFirst) {
      const auto tokens = static_cast<double>(source.shape.front());
      const auto channels = static_cast<double>(source.channels());
      flops += inputs.mask.empty() ? Elements(source) : 2 * Elements(source) + tokens + channels;
    }
  }
  return flops;
}

std::string AppendPooling(const ExitInputs& inputs, const ExitPool& pool, GraphWriter& writer) {
  std::vector<std::string> parts;
  for (const ExitSource& source : inputs.sources) {
    parts.push_back(Pooled(source, inputs, pool, writer));
  }
  if (parts.size() == 1) return parts.front();
  return writer.Node("Concat", parts, {{.name = "axis", .values = {1}, .list = false}});
}

Result<std::unique_ptr<OnnxRunner>> LoadPooling(const ExitInputs& inputs,
                                                const std::vector<ExitPool>& pools) {
  onnx::ModelProto model;
  model.set_ir_version(7);
  model.set_producer_name("offramp");
  auto& import = *model.add_opset_import();
  import.set_domain("");
  import.set_version(kPoolingOpset);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("pooling");
  for (const ExitSource& source : inputs.sources) {
    Declare(source.tensor, source.datatype, source.shape.size() + 1, *graph.add_input());
    if (source.scale.empty()) continue;
    Declare(source.scale, DataType::kFp32, source.shape.size() + 1, *graph.add_input());
  }
  if (!inputs.mask.empty()) Declare(inputs.mask, inputs.mask_datatype, 2, *graph.add_input());
  GraphWriter writer(graph, kPoolingOpset, "pooling_");
  for (const ExitPool& pool : pools) {
    const std::string features = AppendPooling(inputs, pool, writer);
    writer.Node("Identity", {features}, {}, PoolName(pool));
    Declare(PoolName(pool), DataType::kFp32, 2, *graph.add_output());
  }
  Result<std::unique_ptr<OnnxRunner>> runner =
      OnnxRunner::FromBytes(model.SerializeAsString(), ".", "pooling", {.optimise = true});
  if (runner.ok()) return runner;
  return InternalError(runner.status().message());
}

}  // namespace offramp
