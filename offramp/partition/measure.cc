#include "offramp/partition/measure.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <unistd.h>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "offramp/base/text.h"
#include "offramp/engine/onnx_runner.h"
#include "offramp/partition/flops.h"

namespace offramp {

namespace {

constexpr int kRuns = 7;
constexpr std::string_view kPrefix = "offramp.";
constexpr std::string_view kSuffix = "_kernel_time";

// The nodes under names that say where they stand in the file, while this lives.
class NumberedNodes {
 public:
  explicit NumberedNodes(onnx::GraphProto& graph) : graph_(graph) {
    for (int i = 0; i < graph.node_size(); ++i) {
      names_.push_back(graph.node(i).name());
      graph.mutable_node(i)->set_name(std::string(kPrefix) + std::to_string(i));
    }
  }
  ~NumberedNodes() {
    for (int i = 0; i < graph_.node_size(); ++i) {
      graph_.mutable_node(i)->set_name(names_[static_cast<std::size_t>(i)]);
    }
  }
  NumberedNodes(const NumberedNodes&) = delete;
  NumberedNodes& operator=(const NumberedNodes&) = delete;

 private:
  onnx::GraphProto& graph_;
  std::vector<std::string> names_;
};

// "offramp.12_kernel_time" -> 12; -1: another event.
int NumberIn(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return -1;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

// Microseconds of every run, by the node's place in the file.
Result<std::vector<std::vector<double>>> ReadTrace(const std::string& path, int nodes) {
  std::ifstream stream(path, std::ios::binary);
  const auto events = nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!events.is_array()) return InternalError(path + ": is no trace of the runtime");
  std::vector<std::vector<double>> times(static_cast<std::size_t>(nodes));
  for (const auto& event : events) {
    if (!event.is_object() || !event.contains("dur") || !event["dur"].is_number()) continue;
    const int number = NumberIn(event.value("name", std::string()));
    if (number >= 0 && number < nodes) {
      times[static_cast<std::size_t>(number)].push_back(event["dur"].get<double>());
    }
  }
  return times;
}

Result<std::string> Trace(const OnnxModel& model, const Probed& probed) {
  const std::string prefix = (std::filesystem::temp_directory_path() /
                              Format("offramp-trace-%d", static_cast<int>(::getpid())))
                                 .string();
  std::string bytes;
  model.proto.SerializeToString(&bytes);
  OFFRAMP_ASSIGN_OR_RETURN(
      const std::unique_ptr<OnnxRunner> runner,
      OnnxRunner::FromBytes(bytes, model.folder, model.path, {.threads = 1, .trace = prefix}));
  Random random(1);
  std::vector<Tensor> inputs;
  for (const SampleInput& input : probed.inputs) {
    inputs.push_back(RandomTensor(input, 1, probed.integers, random));
  }
  std::vector<std::string> outputs;
  for (const auto& output : model.proto.graph().output()) outputs.push_back(output.name());
  Status ran = OkStatus();
  for (int run = 0; run < kRuns && ran.ok(); ++run) ran = runner->Run(inputs, outputs).status();
  OFFRAMP_ASSIGN_OR_RETURN(const std::string path, runner->FinishTrace());
  if (ran.ok()) return path;
  std::filesystem::remove(path);
  return ran;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Result<std::vector<double>> MeasureNodes(OnnxModel& model, const ModelGraph& graph,
                                         const Probed& probed) {
  onnx::GraphProto& proto = *model.proto.mutable_graph();
  std::string path;
  {
    const NumberedNodes numbered(proto);
    OFFRAMP_ASSIGN_OR_RETURN(path, Trace(model, probed));
  }
  const auto times = ReadTrace(path, proto.node_size());
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  OFFRAMP_RETURN_IF_ERROR(times.status());
  std::unordered_map<const onnx::NodeProto*, std::size_t> places;
  for (int i = 0; i < proto.node_size(); ++i) places[&proto.node(i)] = static_cast<std::size_t>(i);
  std::vector<double> seconds;
  for (NodeId node = 0; node < graph.node_count(); ++node) {
    seconds.push_back(1e-6 * Median((*times)[places.at(&graph.node(node))]));
  }
  return seconds;
}

void CountByTime(const ModelGraph& graph, const Probed& probed, const std::vector<double>& seconds,
                 std::vector<double>& flops) {
  std::vector<std::size_t> unknown;
  double known_flops = 0;
  double known_seconds = 0;
  for (NodeId node = 0; node < graph.node_count(); ++node) {
    const auto i = static_cast<std::size_t>(node);
    if (!NodeFlops(graph, probed, node)) {
      unknown.push_back(i);
    } else if (flops[i] > 0) {
      known_flops += flops[i];
      known_seconds += seconds[i];
    }
  }
  if (known_flops <= 0 || known_seconds <= 0) return;
  for (const std::size_t i : unknown) flops[i] = seconds[i] * known_flops / known_seconds;
}

}  // namespace offramp
