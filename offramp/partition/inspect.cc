#include "offramp/partition/inspect.h"

#include <utility>

#include "offramp/base/text.h"
#include "offramp/partition/cut_points.h"
#include "offramp/partition/flops.h"
#include "offramp/partition/measure.h"
#include "offramp/partition/probe.h"

namespace offramp {

Result<Inspection> InspectModel(const std::string& path, const InputShapes& shapes, bool measure) {
  OFFRAMP_ASSIGN_OR_RETURN(OnnxModel model, ReadOnnxModel(path));
  Result<Probed> tried = ModelProbe::Run(model, shapes, 1);
  OFFRAMP_RETURN_IF_ERROR(tried.status().At(path));
  const Probed& probed = *tried;
  OFFRAMP_ASSIGN_OR_RETURN(const ModelGraph graph, ModelGraph::Of(model.proto.graph()));
  Inspection found;
  found.path = path;
  found.ir_version = model.proto.ir_version();
  for (const auto& opset : model.proto.opset_import()) {
    found.opsets[opset.domain().empty() ? "ai.onnx" : opset.domain()] = opset.version();
  }
  for (const ValueId input : graph.inputs()) {
    found.inputs.push_back(SpecOf(graph, probed, input));
  }
  for (const ValueId output : graph.outputs()) {
    found.outputs.push_back(SpecOf(graph, probed, output));
  }
  for (ValueId value = 0; value < graph.value_count(); ++value) {
    const onnx::TensorProto* weight = graph.weight(value);
    if (weight == nullptr) continue;
    std::int64_t numbers = 1;
    for (const std::int64_t extent : weight->dims()) numbers *= extent;
    found.parameters += numbers;
    found.weight_bytes += BytesOf(*weight);
  }
  found.notes = probed.notes;
  std::vector<std::string> unknown;
  std::vector<double> flops = AllFlops(graph, probed, unknown);
  if (measure) {
    Result<std::vector<double>> seconds = MeasureNodes(model, graph, probed);
    OFFRAMP_RETURN_IF_ERROR(seconds.status().At(path));
    CountByTime(graph, probed, *seconds, flops);
    for (NodeId node = 0; node < graph.node_count(); ++node) {
      found.operator_ms[graph.node(node).op_type()] +=
          1e3 * (*seconds)[static_cast<std::size_t>(node)];
    }
    if (!unknown.empty()) {
      found.notes.push_back("FLOPs of " + Join(unknown) +
                            " are not known: counted by time, at the rate of those that are");
    }
  } else if (!unknown.empty()) {
    found.notes.push_back("FLOPs of " + Join(unknown) + " are not known: taken for one an element");
  }
  for (NodeId node = 0; node < graph.node_count(); ++node) {
    const double gflops = flops[static_cast<std::size_t>(node)] * 1e-9;
    ++found.operators[graph.node(node).op_type()];
    if (gflops > 0) found.operator_gflops[graph.node(node).op_type()] += gflops;
    found.gflops += gflops;
  }
  for (const CutPoint& point : FindCutPoints(graph, probed, flops)) {
    InspectedCut cut;
    for (const ValueId value : point.tensors) cut.tensors.push_back(SpecOf(graph, probed, value));
    cut.bytes = point.bytes;
    cut.gflops_before = point.flops_before * 1e-9;
    cut.gflops_after = found.gflops - cut.gflops_before;
    cut.weight_bytes_before = point.weights_before;
    cut.weight_bytes_after = found.weight_bytes - point.weights_before;
    found.cuts.push_back(std::move(cut));
  }
  return found;
}

}  // namespace offramp
