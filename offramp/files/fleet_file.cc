// The parser behind ReadFleetFile and ParseFleet: keys, types and ranges. What the parts mean
// together is checked in fleet_checks.cc.
#include <array>
#include <filesystem>

#include "offramp/base/units.h"
#include "offramp/files/address.h"
#include "offramp/files/fleet.h"
#include "offramp/files/fleet_checks.h"
#include "offramp/files/shared_keys.h"
#include "offramp/files/text_file.h"
#include "offramp/files/yaml_reader.h"

namespace offramp {

namespace {

constexpr int kMaxThreads = 256;
constexpr int kMaxBatchSize = 4096;
constexpr int kMaxQueueDelayUs = 10'000'000;
constexpr int kMaxQueueTasks = 1'000'000;
constexpr std::int64_t kMaxQueueBytes = std::int64_t{1} << 40;
constexpr double kMaxDeadlineMs = 86'400'000;  // a day

const std::array<std::string, 2> kEngines = {"onnx", "emulated"};
const std::array<std::string, 4> kExitModes = {"deferred", "fill", "copy", "draft"};

std::string AddressAt(const YamlView& view, std::string fallback) {
  if (!view.present()) return fallback;
  std::string text = view.Text("an address as \"127.0.0.1:0\"");
  if (!text.empty() && !ParseAddress(text).has_value()) {
    view.FailExpected("an address as \"127.0.0.1:0\"");
  }
  return text;
}

// Keys that stand at the top level as defaults and in every node as its own.
void ReadNodeDefaults(const YamlView& view, FleetNode& node) {
  node.engine = view.Key("engine").Choice(kEngines, node.engine);
  node.threads = static_cast<int>(view.Key("threads").Integer(1, kMaxThreads, node.threads));
  node.max_batch_size =
      static_cast<int>(view.Key("max_batch_size").Integer(1, kMaxBatchSize, node.max_batch_size));
  node.max_queue_delay_us = static_cast<int>(
      view.Key("max_queue_delay_us").Integer(0, kMaxQueueDelayUs, node.max_queue_delay_us));
  node.queue_tasks =
      static_cast<int>(view.Key("queue_tasks").Integer(1, kMaxQueueTasks, node.queue_tasks));
  node.queue_bytes = view.Key("queue_bytes").Integer(1, kMaxQueueBytes, node.queue_bytes);
}

FleetGateway ReadGateway(const YamlView& view) {
  view.ExpectMap({"name", "http", "grpc", "metrics", "tasks_per_s"});
  FleetGateway gateway;
  gateway.name = view.Key("name").Name();
  gateway.http = AddressAt(view.Key("http"), gateway.http);
  gateway.grpc = AddressAt(view.Key("grpc"), gateway.grpc);
  gateway.metrics = AddressAt(view.Key("metrics"), gateway.metrics);
  gateway.tasks_per_s = view.Key("tasks_per_s").Number(kNotNegative, 0);
  return gateway;
}

FleetNode ReadNode(const YamlView& view, const FleetNode& defaults) {
  view.ExpectMap({"name", "stage", "listen", "metrics", "gflops_per_s", "engine", "threads",
                  "max_batch_size", "max_queue_delay_us", "queue_tasks", "queue_bytes", "machine"});
  FleetNode node = defaults;
  node.name = view.Key("name").Name();
  node.stage = static_cast<int>(view.Key("stage").Integer(1, kMaxStages));
  node.listen = AddressAt(view.Key("listen"), node.listen);
  node.metrics = AddressAt(view.Key("metrics"), node.metrics);
  node.gflops_per_s = view.Key("gflops_per_s").Number(kPositive, 0);
  ReadNodeDefaults(view, node);
  node.machine = view.Key("machine").Text("the name of a machine", "");
  if (node.engine == "emulated" && node.gflops_per_s == 0) {
    view.Key("gflops_per_s")
        .FailExpected(
            "a number above 0: \"engine: emulated\" takes its time "
            "from it");
  }
  return node;
}

FleetLink ReadLink(const YamlView& view) {
  view.ExpectMap({"from", "to", "mbit_per_s", "latency_ms"});
  FleetLink link;
  link.from = view.Key("from").Name();
  link.to = view.Key("to").Name();
  link.mbit_per_s = view.Key("mbit_per_s").Number(kPositive, 0);
  link.latency_ms = ReadLatencyMs(view.Key("latency_ms"));
  return link;
}

Policy ReadPolicy(const YamlView& view, Policy fallback) {
  if (!view.present()) return fallback;
  const std::vector<std::string> names = PolicyNames(/*live_only=*/true);
  const std::optional<Policy> policy = ParsePolicy(view.Text("the name of a policy"));
  if (policy.has_value() && !IsLivePolicy(*policy)) {
    view.Fail("the policy " + view.Shown() +
              " exists only in plan and simulate, a fleet cannot run it");
    return fallback;
  }
  return *ParsePolicy(view.Choice(names));
}

std::string BundleFolder(const YamlView& view, const std::string& fleet_path) {
  view.ExpectMap({"bundle"});
  const std::filesystem::path folder = view.Key("bundle").Text("the folder of a bundle");
  const std::filesystem::path beside = std::filesystem::path(fleet_path).parent_path();
  // `folder` alone when it is absolute.
  std::string normal = (beside / folder).lexically_normal().string();
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return (error ? std::filesystem::path(path) : absolute).lexically_normal().string();
}

}  // namespace

Result<Fleet> ParseFleet(const std::string& text, const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<YamlReader> reader, YamlReader::Parse(text, path));
  const YamlView root = reader->root();
  root.ExpectMap({"version", "model", "gateways", "nodes", "links", "objective", "policy",
                  "period_ms", "deadline_ms", "engine", "threads", "max_batch_size",
                  "max_queue_delay_us", "queue_tasks", "queue_bytes", "exit_mode", "thresholds",
                  "service", "shadow_share"});
  reader->ExpectVersion1();
  Fleet fleet;
  fleet.path = AbsolutePath(path);
  fleet.bundle_folder = BundleFolder(root.Key("model"), fleet.path);
  for (const YamlView& view : root.Key("gateways").Items(1)) {
    fleet.gateways.push_back(ReadGateway(view));
  }
  FleetNode defaults;
  ReadNodeDefaults(root, defaults);
  for (const YamlView& view : root.Key("nodes").Items(1)) {
    fleet.nodes.push_back(ReadNode(view, defaults));
  }
  fleet.links_given = root.Key("links").present();
  for (const YamlView& view : root.Key("links").Items()) fleet.links.push_back(ReadLink(view));
  fleet.objective = ReadObjective(root.Key("objective"));
  fleet.policy = ReadPolicy(root.Key("policy"), fleet.policy);
  fleet.period_s = ReadPeriodSeconds(root.Key("period_ms"));
  fleet.deadline_s =
      kMillisecond * root.Key("deadline_ms").Number({.min = 1, .max = kMaxDeadlineMs}, 30'000);
  fleet.shadow_share = root.Key("shadow_share").Number({.min = 0, .max = 1}, fleet.shadow_share);
  fleet.fixed_threshold = ReadThresholds(root.Key("thresholds")).fixed;
  fleet.service = ReadService(root.Key("service"), fleet.service);
  fleet.service_scv = fleet.service == ServiceLaw::kExponential ? 1 : 0;
  fleet.exit_mode = root.Key("exit_mode").Choice(kExitModes, fleet.exit_mode);
  if (reader->status().ok()) CheckFleetParts(fleet, root);
  OFFRAMP_RETURN_IF_ERROR(reader->status());
  fleet.non_loopback = AddressesBeyondLoopback(fleet);
  return fleet;
}

Result<Fleet> ReadFleetFile(const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kYamlMaxBytes));
  return ParseFleet(text, path);
}

}  // namespace offramp
