// The parser behind ParseScenarioYaml: read straight down, so that links and changes find the parts
// they name.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/base/units.h"
#include "offramp/files/scenario_file.h"
#include "offramp/files/shared_keys.h"
#include "offramp/files/yaml_reader.h"

namespace offramp {

namespace {

constexpr double kMaxSeconds = 1e9;
constexpr NumberRange kRate{.min = 0, .max = kMaxTasksPerSecond};
constexpr NumberRange kSpeed{.min = 0, .above_min = true, .max = kMaxGflops};
constexpr NumberRange kMbit{.min = 0, .above_min = true, .max = kMaxMbitPerSecond};

class Parser {
 public:
  explicit Parser(YamlReader& reader) : reader_(reader), root_(reader.root()) {}

  Result<ScenarioYaml> Read() {
    root_.ExpectMap({"version", "model", "devices", "nodes", "links", "service",
                     "service_histogram", "period_ms", "objective", "thresholds", "changes"});
    reader_.ExpectVersion1();
    ReadModel(root_.Key("model"));
    ReadDevices();
    ReadNodes();
    ReadLinks();
    CheckReach();
    ReadLaw();
    scenario_.period_s = ReadPeriodSeconds(root_.Key("period_ms"));
    scenario_.objective = ReadObjective(root_.Key("objective"));
    const ThresholdsKey thresholds = ReadThresholds(root_.Key("thresholds"));
    scenario_.fixed_threshold = thresholds.fixed;
    scenario_.tuned = thresholds.tuned;
    ReadChanges();
    OFFRAMP_RETURN_IF_ERROR(reader_.status());
    scenario_.path = reader_.path();
    return ScenarioYaml{std::move(scenario_), std::move(exits_)};
  }

 private:
  bool ok() const { return reader_.status().ok(); }

  void ReadModel(const YamlView& view) {
    view.ExpectMap({"input_bytes", "stages", "exits"});
    scenario_.input_bytes = view.Key("input_bytes").Bytes();
    const std::vector<YamlView> stages = view.Key("stages").Items(1);
    if (stages.size() > static_cast<std::size_t>(kMaxStages)) {
      view.Key("stages").Fail(
          Format("has %zu entries, expected at most %d", stages.size(), kMaxStages));
    }
    bool exits = false;
    for (const YamlView& stage : stages) {
      const bool last = &stage == &stages.back();
      stage.ExpectMap({"gflops", "output_bytes", "memory_bytes", "exit"});
      ScenarioStage read;
      read.gflops = stage.Key("gflops").Number(kSpeed);
      const YamlView output = stage.Key("output_bytes");
      if (!last || output.present()) read.output_bytes = output.Bytes();
      if (last) read.output_bytes = 0;
      const YamlView memory = stage.Key("memory_bytes");
      if (memory.present()) read.memory_bytes = memory.Bytes();
      const bool exit = stage.Key("exit").Flag(last);
      if (last && !exit) {
        stage.Key("exit").FailExpected("true: the last stage always answers");
      }
      read.exit = exit || last;
      exits = exits || (exit && !last);
      scenario_.stages.push_back(read);
    }
    const YamlView file = view.Key("exits");
    if (exits || file.present()) exits_ = file.Text("the file of the exit profile: a stage exits");
  }

  // The index of a part by name, -1 (and an error at `view`) where there is none.
  int PartAt(const YamlView& view) {
    const std::string name = view.Name();
    const auto found = parts_.find(name);
    if (found != parts_.end()) return found->second;
    if (!ok()) return -1;
    std::vector<std::string> names;
    for (const auto& [known, part] : parts_) names.push_back(known);
    std::sort(names.begin(), names.end());
    const std::string near = Nearest(name, names);
    view.FailExpected("the name of a device or node" +
                      (near.empty() ? std::string() : "; did you mean \"" + near + "\"?"));
    return -1;
  }

  void AddName(const YamlView& view, const std::string& name) {
    if (!parts_.emplace(name, static_cast<int>(parts_.size())).second) {
      view.Key("name").Fail("the name " + Quoted(name) + " is taken, expected another");
    }
  }

  std::vector<YamlView> Parts(std::string_view key) {
    std::vector<YamlView> parts = root_.Key(key).Items(1);
    if (parts.size() > kMaxScenarioParts) {
      root_.Key(key).Fail(
          Format("has %zu entries, expected at most %zu", parts.size(), kMaxScenarioParts));
    }
    return parts;
  }

  void ReadDevices() {
    for (const YamlView& view : Parts("devices")) {
      if (!ok()) return;
      view.ExpectMap({"name", "tasks_per_s"});
      scenario_.devices.push_back({view.Key("name").Name(), view.Key("tasks_per_s").Number(kRate)});
      if (ok()) AddName(view, scenario_.devices.back().name);
    }
  }

  void ReadNodes() {
    std::set<int> served;
    for (const YamlView& view : Parts("nodes")) {
      if (!ok()) return;
      view.ExpectMap({"name", "stage", "gflops_per_s"});
      const auto stage = view.Key("stage").Integer(1, std::max(1, scenario_.stage_count()));
      scenario_.nodes.push_back({view.Key("name").Name(), static_cast<int>(stage),
                                 view.Key("gflops_per_s").Number(kSpeed)});
      if (ok()) AddName(view, scenario_.nodes.back().name);
      served.insert(scenario_.nodes.back().stage);
    }
    for (int stage = 1; stage <= scenario_.stage_count(); ++stage) {
      if (served.contains(stage)) continue;
      root_.Key("nodes").Fail(
          Format("stage %d has no node, expected one for every stage from 1 "
                 "to %d",
                 stage, scenario_.stage_count()));
      return;
    }
  }

  std::string PlaceOf(int part) const {
    const int stage = scenario_.part_stage(part);
    return stage == 0 ? "a device" : "a node of stage " + std::to_string(stage);
  }

  static std::int64_t PairOf(int from, int to) { return (std::int64_t{from} << 32) | to; }

  void ReadLinks() {
    if (!ok()) return;
    const YamlView links = root_.Key("links");
    for (const YamlView& view : links.Items(1)) {
      view.ExpectMap({"from", "to", "mbit_per_s", "latency_ms", "queue"});
      ScenarioLink link;
      link.from = PartAt(view.Key("from"));
      link.to = PartAt(view.Key("to"));
      link.mbit_per_s = view.Key("mbit_per_s").Number(kMbit);
      link.latency_ms = ReadLatencyMs(view.Key("latency_ms"));
      link.queue = view.Key("queue").Flag(false);
      if (!ok()) return;
      if (scenario_.part_stage(link.to) != scenario_.part_stage(link.from) + 1) {
        view.Fail("goes from " + PlaceOf(link.from) + " to " + PlaceOf(link.to) +
                  ", expected one to the next stage");
      }
      const auto index = static_cast<int>(scenario_.links.size());
      if (!links_.emplace(PairOf(link.from, link.to), index).second) {
        view.Fail("goes from " + Quoted(scenario_.part_name(link.from)) + " to " +
                  Quoted(scenario_.part_name(link.to)) +
                  " as an earlier one does, expected each once");
      }
      scenario_.links.push_back(link);
    }
  }

  // Every part before the last stage has a way on.
  void CheckReach() {
    if (!ok()) return;
    std::vector<bool> sends(static_cast<std::size_t>(scenario_.part_count()));
    for (const ScenarioLink& link : scenario_.links) {
      sends[static_cast<std::size_t>(link.from)] = true;
    }
    for (int part = 0; part < scenario_.part_count(); ++part) {
      const int stage = scenario_.part_stage(part);
      if (stage == scenario_.stage_count() || sends[static_cast<std::size_t>(part)]) continue;
      root_.Key("links").Fail("nothing leads from " + Quoted(scenario_.part_name(part)) +
                              Format(", expected a link to a node of stage %d", stage + 1));
      return;
    }
  }

  void ReadLaw() {
    const YamlView histogram = root_.Key("service_histogram");
    scenario_.service = ReadService(root_.Key("service"), scenario_.service);
    scenario_.service_histogram = ReadServiceHistogram(histogram);
    const bool measured = scenario_.service == ServiceLaw::kMeasured;
    if (measured && !histogram.present()) {
      root_.Key("service").Fail(
          "is \"measured\", expected the service_histogram that was measured");
    } else if (!measured && histogram.present()) {
      histogram.Fail("is given, expected only with service: measured");
    }
  }

  void ReadChanges() {
    if (!ok()) return;
    const std::vector<YamlView> changes = root_.Key("changes").Items();
    if (changes.size() > kMaxScenarioChanges) {
      root_.Key("changes").Fail(
          Format("has %zu entries, expected at most %zu", changes.size(), kMaxScenarioChanges));
    }
    double last_s = 0;
    for (const YamlView& view : changes) {
      const YamlView at = view.Key("at_s");
      const double at_s = at.Number({.min = 0, .max = kMaxSeconds});
      if (ok() && at_s < last_s) {
        at.FailExpected(Format("at least %g: changes stand in the order of time", last_s));
      }
      last_s = at_s;
      ReadChange(view, at_s);
      if (!ok()) return;
    }
  }

  void ReadChange(const YamlView& view, double at_s) {
    const YamlView device = view.Key("device");
    const YamlView node = view.Key("node");
    const YamlView link = view.Key("link");
    if (device.present() + node.present() + link.present() != 1) {
      view.Fail("names several parts or none, expected one of device, node, link");
    } else if (device.present()) {
      view.ExpectMap({"at_s", "device", "tasks_per_s"});
      const int part = PartOfKind(device, true);
      const double rate = view.Key("tasks_per_s").Number(kRate);
      scenario_.changes.push_back({at_s, DeviceRateChange{part, rate}});
    } else if (node.present()) {
      ReadNodeChange(view, at_s, PartOfKind(node, false));
    } else {
      view.ExpectMap({"at_s", "link", "mbit_per_s"});
      const int index = LinkAt(link);
      const double rate = view.Key("mbit_per_s").Number(kMbit);
      scenario_.changes.push_back({at_s, LinkRateChange{index, rate}});
    }
  }

  void ReadNodeChange(const YamlView& view, double at_s, int part) {
    view.ExpectMap({"at_s", "node", "gflops_per_s", "down"});
    const YamlView speed = view.Key("gflops_per_s");
    const YamlView down = view.Key("down");
    if (speed.present() == down.present()) {
      view.Fail("has both of its keys or none, expected one of gflops_per_s, down");
    } else if (speed.present()) {
      scenario_.changes.push_back({at_s, NodeSpeedChange{part, speed.Number(kSpeed)}});
    } else {
      scenario_.changes.push_back({at_s, NodeDownChange{part, down.Flag(true)}});
    }
  }

  int PartOfKind(const YamlView& view, bool device) {
    const int part = PartAt(view);
    if (part >= 0 && (scenario_.part_stage(part) == 0) != device) {
      view.FailExpected(device ? "the name of a device" : "the name of a node");
    }
    return part;
  }

  int LinkAt(const YamlView& view) {
    const std::vector<YamlView> ends = view.Items(2);
    if (!ok() || ends.size() != 2) {
      view.Fail("expected the two names that it joins: [from, to]");
      return -1;
    }
    const int from = PartAt(ends[0]);
    const int to = PartAt(ends[1]);
    const auto found = links_.find(PairOf(from, to));
    if (found != links_.end()) return found->second;
    view.Fail("no link goes from " + ends[0].Shown() + " to " + ends[1].Shown() +
              ", expected one of `links`");
    return -1;
  }

  YamlReader& reader_;
  YamlView root_;
  Scenario scenario_;
  std::string exits_;
  std::unordered_map<std::string, int> parts_;
  std::unordered_map<std::int64_t, int> links_;  // by PairOf
};

}  // namespace

Result<ScenarioYaml> ParseScenarioYaml(const std::string& text, const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<YamlReader> reader,
                           YamlReader::Parse(text, path, kScenarioLimits));
  return Parser(*reader).Read();
}

}  // namespace offramp
