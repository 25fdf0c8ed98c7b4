// An ONNX file of any bytes: a graph whose nodes stand in order, or one line that says why not.
#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "offramp/base/check.h"
#include "offramp/partition/cut_points.h"
#include "offramp/partition/flops.h"
#include "offramp/partition/model_graph.h"
#include "offramp/partition/onnx_model.h"
#include "offramp/partition/sample_inputs.h"
#include "offramp/partition/staging.h"

namespace {

void CheckError(const offramp::Status& status) {
  OFFRAMP_CHECK(status.code() == offramp::StatusCode::kInvalidArgument ||
                    status.code() == offramp::StatusCode::kNotFound,
                "its own fault");
  OFFRAMP_CHECK(status.message().find('\n') == std::string::npos, "one line");
}

// As if a run had shown every value as a row of four numbers.
offramp::Probed Probe(const offramp::ModelGraph& graph) {
  offramp::Probed probed;
  probed.values.resize(static_cast<std::size_t>(graph.value_count()));
  for (offramp::ValueFacts& facts : probed.values) {
    facts.datatype = offramp::DataType::kFp32;
    facts.shape = {1, 4};
    facts.open = {false, false};
    facts.row = true;
    facts.bytes = 16;
    facts.seen = {facts.shape};
  }
  return probed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int file = ::memfd_create("model.onnx", MFD_CLOEXEC);
  OFFRAMP_CHECK(::ftruncate(file, static_cast<off_t>(size)) == 0, "a file in memory");
  OFFRAMP_CHECK(::pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "a file in memory");
  const auto model = offramp::ReadOnnxModel("/proc/self/fd/" + std::to_string(file));
  if (!model.ok()) {
    CheckError(model.status());
    return 0;
  }
  std::vector<std::string> notes;
  const auto inputs = offramp::SampleInputs(model->proto.graph(), {}, notes);
  if (!inputs.ok()) CheckError(inputs.status());
  const auto graph = offramp::ModelGraph::Of(model->proto.graph());
  if (!graph.ok()) {
    CheckError(graph.status());
    return 0;
  }
  for (offramp::NodeId node = 0; node < graph->node_count(); ++node) {
    for (const offramp::ValueId value : graph->reads(node)) {
      OFFRAMP_CHECK(graph->producer(value) < node, "what a node reads is there before it");
    }
  }
  const offramp::Probed probed = Probe(*graph);
  std::vector<std::string> unknown;
  const std::vector<double> flops = offramp::AllFlops(*graph, probed, unknown);
  const auto points = offramp::FindCutPoints(*graph, probed, flops);
  for (std::size_t i = 0; i < points.size() && i < 4; ++i) {
    const auto stages = offramp::StageByCuts(*graph, probed, flops, {points[i].tensors});
    if (!stages.ok()) CheckError(stages.status());
  }
  return 0;
}
