#include "offramp/files/machines_file.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/files/shared_keys.h"
#include "offramp/files/text_file.h"
#include "offramp/files/yaml_reader.h"

namespace offramp {

namespace {

constexpr int kMostThreads = 4096;
constexpr double kMostDeadlineMs = 86'400'000;  // a day

using Indices = std::map<std::string, int>;

Machine ReadMachine(const YamlView& view) {
  view.ExpectMap({"name", "gflops_per_s", "memory_bytes", "threads"});
  Machine machine;
  machine.name = view.Key("name").Name();
  machine.gflops_per_s =
      view.Key("gflops_per_s").Number({.min = 0, .above_min = true, .max = kMaxGflops});
  machine.memory_bytes = view.Key("memory_bytes").Bytes();
  if (machine.memory_bytes == 0) view.Key("memory_bytes").FailExpected("at least one byte");
  machine.threads = static_cast<int>(view.Key("threads").Integer(1, kMostThreads, 0));
  return machine;
}

int ReadMachineName(const YamlView& view, const Indices& machines) {
  const std::string name = view.Name();
  const auto found = machines.find(name);
  if (found != machines.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, index] : machines) names.push_back(known);
  const std::string near = Nearest(name, names);
  view.Fail("is " + Quoted(name) + ", expected the name of a machine" +
            (near.empty() ? std::string() : "; did you mean \"" + near + "\"?"));
  return 0;
}

MachineSource ReadSource(const YamlView& view, const Indices& machines) {
  view.ExpectMap({"name", "machine", "tasks_per_s"});
  MachineSource source;
  source.name = view.Key("name").Name();
  source.machine = ReadMachineName(view.Key("machine"), machines);
  source.tasks_per_s =
      view.Key("tasks_per_s").Number({.min = 0, .above_min = true, .max = kMaxTasksPerSecond});
  return source;
}

// Both directions, unless the file says one way.
void ReadLink(const YamlView& view, const Indices& machines, std::set<std::pair<int, int>>& seen,
              std::vector<MachineLink>& links) {
  view.ExpectMap({"from", "to", "mbit_per_s", "latency_ms", "one_way"});
  MachineLink link;
  link.from = ReadMachineName(view.Key("from"), machines);
  link.to = ReadMachineName(view.Key("to"), machines);
  link.mbit_per_s =
      view.Key("mbit_per_s").Number({.min = 0, .above_min = true, .max = kMaxMbitPerSecond});
  link.latency_ms = ReadLatencyMs(view.Key("latency_ms"));
  const bool one_way = view.Key("one_way").Flag(false);
  if (link.from == link.to) {
    view.Fail("leads from a machine to itself, which costs nothing anyway; expected two machines");
    return;
  }
  for (int direction = 0; direction < (one_way ? 1 : 2); ++direction) {
    if (!seen.emplace(link.from, link.to).second) {
      view.Fail("joins two machines as an earlier one does, expected each direction once");
      return;
    }
    links.push_back(link);
    std::swap(link.from, link.to);
  }
}

// Names by index; fails where one is taken.
Indices CheckNames(const std::vector<YamlView>& views, const std::vector<std::string>& names) {
  Indices indices;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!indices.emplace(names[i], static_cast<int>(i)).second) {
      views[i].Key("name").Fail("the name " + Quoted(names[i]) + " is taken, expected another");
    }
  }
  return indices;
}

std::string BundleFolder(const YamlView& view, const std::string& path) {
  if (!view.present()) return {};
  view.ExpectMap({"bundle"});
  std::error_code error;
  const std::filesystem::path beside =
      std::filesystem::absolute(std::filesystem::path(path), error).parent_path();
  const std::filesystem::path folder = view.Key("bundle").Text("the folder of a bundle");
  return (beside / folder).lexically_normal().string();
}

}  // namespace

int Machines::FindMachine(const std::string& name) const {
  const auto found = std::find_if(machines.begin(), machines.end(),
                                  [&name](const Machine& machine) { return machine.name == name; });
  return found == machines.end() ? -1 : static_cast<int>(found - machines.begin());
}

Result<Machines> ParseMachines(const std::string& text, const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<YamlReader> reader, YamlReader::Parse(text, path));
  const YamlView root = reader->root();
  root.ExpectMap(
      {"version", "machines", "sources", "links", "model", "objective", "deadline_ms", "service"});
  reader->ExpectVersion1();
  Machines machines;
  machines.path = path;
  const std::vector<YamlView> machine_views = root.Key("machines").Items(1);
  if (machine_views.size() > kMaxMachines) {
    root.Key("machines")
        .Fail(Format("has %zu entries, expected at most %zu", machine_views.size(), kMaxMachines));
    return reader->status();
  }
  std::vector<std::string> names;
  for (const YamlView& view : machine_views) {
    machines.machines.push_back(ReadMachine(view));
    names.push_back(machines.machines.back().name);
  }
  const Indices indices = CheckNames(machine_views, names);
  const std::vector<YamlView> source_views = root.Key("sources").Items(1);
  names.clear();
  for (const YamlView& view : source_views) {
    machines.sources.push_back(ReadSource(view, indices));
    names.push_back(machines.sources.back().name);
  }
  CheckNames(source_views, names);
  std::set<std::pair<int, int>> seen;
  for (const YamlView& view : root.Key("links").Items()) {
    ReadLink(view, indices, seen, machines.links);
  }
  machines.bundle_folder = BundleFolder(root.Key("model"), path);
  if (root.Key("objective").present()) machines.objective = ReadObjective(root.Key("objective"));
  if (const YamlView deadline = root.Key("deadline_ms"); deadline.present()) {
    machines.deadline_ms = deadline.Number({.min = 1, .max = kMostDeadlineMs});
  }
  machines.service = ReadService(root.Key("service"), machines.service);
  OFFRAMP_RETURN_IF_ERROR(reader->status());
  return machines;
}

Result<Machines> ReadMachinesFile(const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kYamlMaxBytes));
  return ParseMachines(text, path);
}

bool IsMachinesText(const std::string& text) {
  if (text.size() > kYamlMaxBytes) return false;
  const auto root = ParseYaml(text, "");
  return root.ok() && (*root)->kind == YamlValue::Kind::kMap &&
         (*root)->Find("machines") != nullptr;
}

}  // namespace offramp
