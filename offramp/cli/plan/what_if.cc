#include "offramp/cli/plan/what_if.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <vector>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr char kForms[] =
    "expected \"node NAME down\", \"node NAME gflops_per_s=X\", \"device NAME tasks_per_s=X\", "
    "\"link FROM TO down\" or \"link FROM TO mbit_per_s=X\"";

Status Refuse(const std::string& text, const std::string& why) {
  return InvalidArgumentError("--what-if \"" + text + "\": " + why);
}

std::vector<std::string> WordsOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// The number of "key=number".
std::optional<double> ValueOf(const std::string& word, const std::string& key) {
  if (!word.starts_with(key + "=")) return std::nullopt;
  const std::string number = word.substr(key.size() + 1);
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

Status FindPart(const std::string& text, const std::string& name, bool device,
                const Scenario& scenario, int& part) {
  const char* kind = device ? "device" : "node";
  part = scenario.FindPart(name);
  if (part >= 0 && (scenario.part_stage(part) == 0) == device) return OkStatus();
  std::vector<std::string> names;
  for (int i = 0; i < scenario.part_count(); ++i) {
    if ((scenario.part_stage(i) == 0) == device) names.push_back(scenario.part_name(i));
  }
  const std::string near = Nearest(name, names);
  return Refuse(text, std::string("there is no ") + kind + " '" + name + "'" +
                          (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

// Without the parts that `gone` marks, and their links.
void RemoveParts(const std::vector<bool>& gone, Scenario& scenario) {
  const auto is_gone = [&](int part) { return gone[static_cast<std::size_t>(part)]; };
  std::vector<int> index;
  int next = 0;
  for (int part = 0; part < scenario.part_count(); ++part) {
    index.push_back(is_gone(part) ? -1 : next++);
  }
  std::erase_if(scenario.links,
                [&](const ScenarioLink& link) { return is_gone(link.from) || is_gone(link.to); });
  for (ScenarioLink& link : scenario.links) {
    link.from = index[static_cast<std::size_t>(link.from)];
    link.to = index[static_cast<std::size_t>(link.to)];
  }
  std::vector<ScenarioNode> nodes;
  const int devices = static_cast<int>(scenario.devices.size());
  for (int part = devices; part < scenario.part_count(); ++part) {
    if (!is_gone(part)) {
      nodes.push_back(std::move(scenario.nodes[static_cast<std::size_t>(part - devices)]));
    }
  }
  scenario.nodes = std::move(nodes);
}

// Nodes before the last stage that lead nowhere serve nobody; removing one may leave another so.
void RemoveDeadEnds(Scenario& scenario) {
  while (true) {
    std::vector<bool> gone(static_cast<std::size_t>(scenario.part_count()), false);
    for (int part = 0; part < scenario.part_count(); ++part) {
      const int stage = scenario.part_stage(part);
      gone[static_cast<std::size_t>(part)] = stage > 0 && stage < scenario.stage_count();
    }
    for (const ScenarioLink& link : scenario.links)
      gone[static_cast<std::size_t>(link.from)] = false;
    if (std::find(gone.begin(), gone.end(), true) == gone.end()) return;
    RemoveParts(gone, scenario);
  }
}

Status ChangeNode(const std::string& text, const std::vector<std::string>& words,
                  Scenario& scenario) {
  int part = -1;
  OFFRAMP_RETURN_IF_ERROR(FindPart(text, words[1], false, scenario, part));
  if (words[2] == "down") {
    std::vector<bool> gone(static_cast<std::size_t>(scenario.part_count()), false);
    gone[static_cast<std::size_t>(part)] = true;
    RemoveParts(gone, scenario);
    RemoveDeadEnds(scenario);
    return OkStatus();
  }
  const auto speed = ValueOf(words[2], "gflops_per_s");
  if (!speed) return Refuse(text, kForms);
  scenario.nodes[static_cast<std::size_t>(part) - scenario.devices.size()].gflops_per_s = *speed;
  return OkStatus();
}

Status ChangeLink(const std::string& text, const std::vector<std::string>& words,
                  Scenario& scenario) {
  const int from = scenario.FindPart(words[1]);
  const int to = scenario.FindPart(words[2]);
  const auto link = std::find_if(
      scenario.links.begin(), scenario.links.end(),
      [&](const ScenarioLink& candidate) { return candidate.from == from && candidate.to == to; });
  if (link == scenario.links.end()) {
    return Refuse(text, "no link goes from '" + words[1] + "' to '" + words[2] + "'");
  }
  const auto rate = ValueOf(words[3], "mbit_per_s");
  const auto latency = ValueOf(words[3], "latency_ms");
  if (words[3] == "down") {
    scenario.links.erase(link);
    RemoveDeadEnds(scenario);
  } else if (rate && *rate > 0) {
    link->mbit_per_s = *rate;
  } else if (latency) {
    link->latency_ms = *latency;
  } else {
    return Refuse(text, kForms);
  }
  return OkStatus();
}

}  // namespace

Status ApplyWhatIf(const std::string& text, Scenario& scenario) {
  const std::vector<std::string> words = WordsOf(text);
  scenario.changes.clear();
  Status status = Refuse(text, kForms);
  if (words.size() == 3 && words[0] == "node") {
    status = ChangeNode(text, words, scenario);
  } else if (words.size() == 4 && words[0] == "link") {
    status = ChangeLink(text, words, scenario);
  } else if (words.size() == 3 && words[0] == "device") {
    int part = -1;
    OFFRAMP_RETURN_IF_ERROR(FindPart(text, words[1], true, scenario, part));
    const auto rate = ValueOf(words[2], "tasks_per_s");
    if (rate) {
      scenario.devices[static_cast<std::size_t>(part)].tasks_per_s = *rate;
      status = OkStatus();
    }
  }
  OFFRAMP_RETURN_IF_ERROR(status);
  const Status check = CheckScenario(scenario);
  return check.ok() ? check
                    : Refuse(text, "leaves a scenario that cannot serve: " + check.message());
}

}  // namespace offramp
