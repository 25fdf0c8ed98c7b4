// What every scenario must satisfy. Limits keep absurd files from exhausting memory or time, and
// every later sum finite.
#include <cmath>
#include <limits>
#include <unordered_set>

#include "offramp/core/scenario.h"

namespace offramp {
namespace {

constexpr double kLargestRate = 1e9;    // tasks/s of a device
constexpr double kLargestSpeed = 1e15;  // GFLOP, GFLOP/s, Mbit/s
constexpr double kLargestTime = 1e9;    // seconds
constexpr std::int64_t kLargestBytes = std::int64_t{1} << 50;
constexpr int kMostStages = 64;  // as agents' messages allow
constexpr std::size_t kMostParts = 10'000'000;

// Text such as "1e+09", for limits in messages.
std::string Short(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

// `where: key must be ...` unless low <= value <= high (`open`: low < value).
Status Within(const std::string& where, const char* key, double value, double low, double high,
              bool open) {
  if (std::isfinite(value) && (open ? value > low : value >= low) && value <= high) {
    return OkStatus();
  }
  return InvalidArgumentError(where + ": " + key + " must be " + (open ? "> " : ">= ") +
                              Short(low) + " and <= " + Short(high));
}

Status Positive(const std::string& where, const char* key, double value, double high) {
  return Within(where, key, value, 0, high, true);
}

Status NotNegative(const std::string& where, const char* key, double value, double high) {
  return Within(where, key, value, 0, high, false);
}

Status Bytes(const std::string& where, const char* key, std::int64_t value) {
  return NotNegative(where, key, static_cast<double>(value), static_cast<double>(kLargestBytes));
}

std::string PartText(const Scenario& scenario, int part) {
  return (scenario.part_stage(part) == 0 ? "device '" : "node '") + scenario.part_name(part) + "'";
}

std::string LinkText(const Scenario& scenario, const ScenarioLink& link) {
  return "link '" + scenario.part_name(link.from) + "' -> '" + scenario.part_name(link.to) + "'";
}

Status CheckStages(const Scenario& scenario) {
  if (scenario.stages.empty()) return InvalidArgumentError("model: there is no stage");
  if (scenario.stage_count() > kMostStages) {
    return InvalidArgumentError("model: stages must be at most " + std::to_string(kMostStages));
  }
  OFFRAMP_RETURN_IF_ERROR(Bytes("model", "input_bytes", scenario.input_bytes));
  for (std::size_t s = 0; s < scenario.stages.size(); ++s) {
    const ScenarioStage& stage = scenario.stages[s];
    const std::string where = "stage " + std::to_string(s + 1);
    OFFRAMP_RETURN_IF_ERROR(Positive(where, "gflops", stage.gflops, kLargestSpeed));
    OFFRAMP_RETURN_IF_ERROR(Bytes(where, "output_bytes", stage.output_bytes));
    OFFRAMP_RETURN_IF_ERROR(Bytes(where, "memory_bytes", stage.memory_bytes));
  }
  return OkStatus();
}

// A column for every exit and an exit for every column.
Status CheckProfile(const Scenario& scenario) {
  const ExitProfile* profile = scenario.profile.get();
  if (profile != nullptr && profile->stages() != scenario.stage_count()) {
    return InvalidArgumentError("exits: the profile has " + std::to_string(profile->stages()) +
                                " stages, the model " + std::to_string(scenario.stage_count()));
  }
  if (profile != nullptr && profile->rows() == 0) {
    return InvalidArgumentError("exits: the profile has no rows");
  }
  for (int stage = 1; stage < scenario.stage_count(); ++stage) {
    const bool exit = scenario.stages[static_cast<std::size_t>(stage - 1)].exit;
    const bool column = profile != nullptr && profile->has_exit(stage);
    if (exit == column) continue;
    const std::string where = "stage " + std::to_string(stage);
    return InvalidArgumentError(
        exit ? where + ": has an exit, but the profile no confidence_" + std::to_string(stage)
             : where + ": has no exit, but the profile has confidence_" + std::to_string(stage));
  }
  return OkStatus();
}

Status CheckParts(const Scenario& scenario) {
  if (scenario.devices.empty()) return InvalidArgumentError("devices: there is none");
  if (scenario.devices.size() + scenario.nodes.size() > kMostParts) {
    return InvalidArgumentError("devices and nodes: at most " + std::to_string(kMostParts));
  }
  std::vector<int> count(scenario.stages.size(), 0);
  for (const ScenarioDevice& device : scenario.devices) {
    OFFRAMP_RETURN_IF_ERROR(NotNegative("device '" + device.name + "'", "tasks_per_s",
                                        device.tasks_per_s, kLargestRate));
  }
  for (const ScenarioNode& node : scenario.nodes) {
    const std::string where = "node '" + node.name + "'";
    if (node.stage < 1 || node.stage > scenario.stage_count()) {
      return InvalidArgumentError(where + ": stage must be 1 to " +
                                  std::to_string(scenario.stage_count()));
    }
    ++count[static_cast<std::size_t>(node.stage - 1)];
    OFFRAMP_RETURN_IF_ERROR(Positive(where, "gflops_per_s", node.gflops_per_s, kLargestSpeed));
  }
  for (std::size_t s = 0; s < count.size(); ++s) {
    if (count[s] == 0) {
      return InvalidArgumentError("stage " + std::to_string(s + 1) + ": has no node");
    }
  }
  std::unordered_set<std::string> names;
  for (int part = 0; part < scenario.part_count(); ++part) {
    const std::string& name = scenario.part_name(part);
    if (name.empty()) return InvalidArgumentError("a device or node has no name");
    if (!names.insert(name).second) {
      return InvalidArgumentError(PartText(scenario, part) + ": the name is taken already");
    }
  }
  return OkStatus();
}

Status CheckLinks(const Scenario& scenario) {
  const int parts = scenario.part_count();
  std::vector<bool> sends(static_cast<std::size_t>(parts), false);
  std::unordered_set<std::uint64_t> pairs;
  for (const ScenarioLink& link : scenario.links) {
    if (link.from < 0 || link.from >= parts || link.to < 0 || link.to >= parts) {
      return InvalidArgumentError("a link names a part that does not exist");
    }
    const std::string where = LinkText(scenario, link);
    if (scenario.part_stage(link.to) != scenario.part_stage(link.from) + 1) {
      return InvalidArgumentError(where + ": must lead to the next stage");
    }
    OFFRAMP_RETURN_IF_ERROR(NotNegative(where, "mbit_per_s", link.mbit_per_s, kLargestSpeed));
    OFFRAMP_RETURN_IF_ERROR(NotNegative(where, "latency_ms", link.latency_ms, kLargestTime));
    OFFRAMP_RETURN_IF_ERROR(
        NotNegative(where, "transfer time in s", scenario.TransferSeconds(link), kLargestTime));
    const auto pair =
        (static_cast<std::uint64_t>(link.from) << 32) + static_cast<std::uint64_t>(link.to);
    if (!pairs.insert(pair).second) return InvalidArgumentError(where + ": given twice");
    sends[static_cast<std::size_t>(link.from)] = true;
  }
  for (int part = 0; part < parts; ++part) {
    const int stage = scenario.part_stage(part);
    if (stage < scenario.stage_count() && !sends[static_cast<std::size_t>(part)]) {
      return InvalidArgumentError(PartText(scenario, part) + ": has no link to stage " +
                                  std::to_string(stage + 1));
    }
  }
  return OkStatus();
}

Status CheckSettings(const Scenario& scenario) {
  OFFRAMP_RETURN_IF_ERROR(Positive("scenario", "period in s", scenario.period_s, 3600));
  const Objective& objective = scenario.objective;
  const std::string where = "objective";
  OFFRAMP_RETURN_IF_ERROR(
      NotNegative(where, "accuracy_weight_s", objective.accuracy_weight_s, 1e6));
  if (objective.min_accuracy && objective.max_mean_delay_s) {
    return InvalidArgumentError("objective: min_accuracy or max_mean_delay_s, not both");
  }
  if (objective.min_accuracy) {
    OFFRAMP_RETURN_IF_ERROR(NotNegative(where, "min_accuracy", *objective.min_accuracy, 1));
  }
  if (objective.max_mean_delay_s) {
    OFFRAMP_RETURN_IF_ERROR(
        Positive(where, "max_mean_delay_s", *objective.max_mean_delay_s, kLargestTime));
  }
  if (scenario.fixed_threshold) {
    OFFRAMP_RETURN_IF_ERROR(NotNegative("scenario", "thresholds", *scenario.fixed_threshold, 1e6));
  }
  return OkStatus();
}

struct ChangeCheck {
  const Scenario& scenario;
  std::string where;

  Status Part(int part, bool device) const {
    const int devices = static_cast<int>(scenario.devices.size());
    const int first = device ? 0 : devices;
    const int end = device ? devices : scenario.part_count();
    if (part >= first && part < end) return OkStatus();
    return InvalidArgumentError(where + (device ? ": no such device" : ": no such node"));
  }
  Status operator()(const DeviceRateChange& change) const {
    OFFRAMP_RETURN_IF_ERROR(Part(change.part, true));
    return NotNegative(where, "tasks_per_s", change.tasks_per_s, kLargestRate);
  }
  Status operator()(const NodeSpeedChange& change) const {
    OFFRAMP_RETURN_IF_ERROR(Part(change.part, false));
    return Positive(where, "gflops_per_s", change.gflops_per_s, kLargestSpeed);
  }
  Status operator()(const NodeDownChange& change) const { return Part(change.part, false); }
  Status operator()(const LinkRateChange& change) const {
    if (change.link < 0 || change.link >= static_cast<int>(scenario.links.size())) {
      return InvalidArgumentError(where + ": no such link");
    }
    return Positive(where, "mbit_per_s", change.mbit_per_s, kLargestSpeed);
  }
};

Status CheckChanges(const Scenario& scenario) {
  double before = 0;
  for (std::size_t c = 0; c < scenario.changes.size(); ++c) {
    const ScenarioChange& change = scenario.changes[c];
    const std::string where = "change " + std::to_string(c + 1);
    OFFRAMP_RETURN_IF_ERROR(NotNegative(where, "at_s", change.at_s, kLargestTime));
    if (change.at_s < before) {
      return InvalidArgumentError(where + ": at_s must not be below the change before it");
    }
    before = change.at_s;
    OFFRAMP_RETURN_IF_ERROR(
        std::visit(ChangeCheck{.scenario = scenario, .where = where}, change.what));
  }
  return OkStatus();
}

}  // namespace

Status CheckScenario(const Scenario& scenario) {
  OFFRAMP_RETURN_IF_ERROR(CheckStages(scenario));
  OFFRAMP_RETURN_IF_ERROR(CheckProfile(scenario));
  OFFRAMP_RETURN_IF_ERROR(CheckParts(scenario));
  OFFRAMP_RETURN_IF_ERROR(CheckLinks(scenario));
  OFFRAMP_RETURN_IF_ERROR(CheckSettings(scenario));
  return CheckChanges(scenario);
}

}  // namespace offramp
