#include "offramp/cli/plan/live_measurements.h"

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr double kNever = 2;
constexpr std::size_t kMaxStatusBytes = std::size_t{64} << 20;

// Every part's object by name; anything else in a status is skipped.
std::map<std::string, const OrderedJson*> PartsOf(const OrderedJson& status) {
  std::map<std::string, const OrderedJson*> parts;
  for (const char* kind : {"gateways", "nodes"}) {
    const auto list = status.find(kind);
    if (list == status.end() || !list->is_array()) continue;
    for (const OrderedJson& part : *list) {
      const auto name = part.find("name");
      if (part.is_object() && name != part.end() && name->is_string()) {
        parts[name->get<std::string>()] = &part;
      }
    }
  }
  return parts;
}

// A number of at least 0, else `fallback`.
double NumberOf(const OrderedJson& part, const char* key, double fallback) {
  const auto value = part.find(key);
  if (value == part.end() || !value->is_number()) return fallback;
  const double number = value->get<double>();
  return number >= 0 ? number : fallback;
}

void UseShares(const OrderedJson& part, const Problem& problem, int node, Strategy& strategy) {
  const auto shares = part.find("offloading");
  if (shares == part.end() || !shares->is_object()) return;
  double sum = 0;
  for (int link = problem.first_link(node); link < problem.first_link(node + 1); ++link) {
    sum += NumberOf(*shares, problem.node(problem.link(link).to).name.c_str(), 0);
  }
  if (!(sum > 0)) return;
  for (int link = problem.first_link(node); link < problem.first_link(node + 1); ++link) {
    strategy.share[static_cast<std::size_t>(link)] =
        NumberOf(*shares, problem.node(problem.link(link).to).name.c_str(), 0) / sum;
  }
}

}  // namespace

Result<OrderedJson> ReadStatusJson(const std::string& path) {
  std::string text;
  if (path == "-") {
    std::ostringstream all;
    all << std::cin.rdbuf();
    text = all.str();
  } else {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return NotFoundError(path +
                           ": cannot be opened, expected what `offramp status --json` prints");
    }
    std::ostringstream all;
    all << file.rdbuf();
    text = all.str();
  }
  const OrderedJson json = text.size() > kMaxStatusBytes
                               ? OrderedJson()
                               : OrderedJson::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("gateways") || !json.contains("nodes")) {
    return InvalidArgumentError(
        path + ": is not a status, expected the JSON object that `offramp status --json` prints");
  }
  return json;
}

MeasuredSpeeds SpeedsOf(const OrderedJson& status, const std::vector<double>& stage_gflops) {
  MeasuredSpeeds speeds;
  for (const auto& [name, part] : PartsOf(status)) {
    const double service_s = NumberOf(*part, "service_s", 0);
    const double stage = NumberOf(*part, "stage", 0);
    if (!(service_s > 0) || stage < 1 || stage > static_cast<double>(stage_gflops.size())) continue;
    speeds[name] = stage_gflops[static_cast<std::size_t>(stage) - 1] / service_s;
  }
  return speeds;
}

Status UseMeasuredRates(const OrderedJson& status, Scenario& scenario) {
  const auto parts = PartsOf(status);
  bool known = false;
  double total = 0;
  for (ScenarioDevice& device : scenario.devices) {
    const auto part = parts.find(device.name);
    known = known || part != parts.end();
    device.tasks_per_s =
        part == parts.end() ? 0 : NumberOf(*part->second, "arrival_rate_tasks_per_s", 0);
    total += device.tasks_per_s;
  }
  if (!known) {
    return InvalidArgumentError("the status names no gateway of " + scenario.path +
                                ", expected one of that fleet");
  }
  if (!(total > 0)) {
    return InvalidArgumentError(
        "the status says that nothing arrives at any gateway, expected a fleet under load");
  }
  return OkStatus();
}

Strategy LiveStrategy(const OrderedJson& status, const Problem& problem) {
  Strategy strategy = UniformStrategy(problem, kNever);
  const auto parts = PartsOf(status);
  for (int node = 0; node < problem.node_count(); ++node) {
    const auto part = parts.find(problem.node(node).name);
    if (part == parts.end()) continue;
    UseShares(*part->second, problem, node, strategy);
    strategy.threshold[static_cast<std::size_t>(node)] =
        NumberOf(*part->second, "threshold", kNever);
  }
  return strategy;
}

}  // namespace offramp
