#include "offramp/cli/simulate/sweep.h"

#include <cmath>
#include <cstdlib>
#include <variant>

#include "offramp/base/text.h"
#include "offramp/base/units.h"

namespace offramp {
namespace {

const std::vector<std::string> kKeys = {
    "load",       "speed",      "bandwidth",         "tasks_per_s",  "gflops_per_s",
    "mbit_per_s", "latency_ms", "accuracy_weight_s", "min_accuracy", "max_mean_delay_s",
    "threshold",  "period_ms"};

bool ParseNumber(const std::string& text, double& value) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(value);
}

Status UnknownKey(const std::string& key) {
  const std::string near = Nearest(key, kKeys);
  return InvalidArgumentError("--sweep: is of '" + key + "', expected one of " + Join(kKeys) +
                              ", NAME.tasks_per_s, NAME.gflops_per_s" +
                              (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

void ScaleRates(double factor, Scenario& scenario) {
  for (ScenarioDevice& device : scenario.devices) device.tasks_per_s *= factor;
  for (ScenarioChange& change : scenario.changes) {
    if (auto* rate = std::get_if<DeviceRateChange>(&change.what)) rate->tasks_per_s *= factor;
  }
}

void ScaleSpeeds(double factor, Scenario& scenario) {
  for (ScenarioNode& node : scenario.nodes) node.gflops_per_s *= factor;
  for (ScenarioChange& change : scenario.changes) {
    if (auto* speed = std::get_if<NodeSpeedChange>(&change.what)) speed->gflops_per_s *= factor;
  }
}

void ScaleLinks(double factor, Scenario& scenario) {
  for (ScenarioLink& link : scenario.links) link.mbit_per_s *= factor;
  for (ScenarioChange& change : scenario.changes) {
    if (auto* rate = std::get_if<LinkRateChange>(&change.what)) rate->mbit_per_s *= factor;
  }
}

// NAME.tasks_per_s or NAME.gflops_per_s; a name may hold dots itself.
Status ApplyToPart(const std::string& key, double value, Scenario& scenario) {
  const std::size_t dot = key.rfind('.');
  if (dot == std::string::npos) return UnknownKey(key);
  const std::string name = key.substr(0, dot);
  const std::string what = key.substr(dot + 1);
  for (ScenarioDevice& device : scenario.devices) {
    if (device.name != name || what != "tasks_per_s") continue;
    device.tasks_per_s = value;
    return OkStatus();
  }
  for (ScenarioNode& node : scenario.nodes) {
    if (node.name != name || what != "gflops_per_s") continue;
    node.gflops_per_s = value;
    return OkStatus();
  }
  return InvalidArgumentError("--sweep: is of '" + key +
                              "', expected a device's tasks_per_s or a node's gflops_per_s");
}

}  // namespace

Result<Sweep> ParseSweep(const std::string& text) {
  Sweep sweep;
  const std::size_t equals = text.find('=');
  const std::vector<std::string> ends = equals == std::string::npos
                                            ? std::vector<std::string>()
                                            : Split(text.substr(equals + 1), ':');
  double from = 0;
  double to = 0;
  double step = 0;
  if (ends.size() != 3 || !ParseNumber(ends[0], from) || !ParseNumber(ends[1], to) ||
      !ParseNumber(ends[2], step) || !(step > 0) || !(to >= from)) {
    return InvalidArgumentError("--sweep: is '" + text +
                                "', expected key=from:to:step with from <= to and step > 0, as in "
                                "load=0.5:1.2:0.1");
  }
  sweep.key = text.substr(0, equals);
  // Half a step of slack: 0.1 added ten times is not 1.
  const double steps = std::floor((to - from) / step + 1e-9);
  if (steps + 1 > static_cast<double>(kMaxSweepPoints)) {
    return InvalidArgumentError(
        Format("--sweep: has %.0f points, expected at most %zu", steps + 1, kMaxSweepPoints));
  }
  for (int i = 0; i <= static_cast<int>(steps); ++i) {
    // Rounded so that 0.1 + 2 * 0.1 prints as 0.3.
    sweep.values.push_back(std::strtod(Format("%.12g", from + i * step).c_str(), nullptr));
  }
  return sweep;
}

Status ApplySweep(const std::string& key, double value, Scenario& scenario) {
  if (key == "load") {
    ScaleRates(value, scenario);
  } else if (key == "speed") {
    ScaleSpeeds(value, scenario);
  } else if (key == "bandwidth") {
    ScaleLinks(value, scenario);
  } else if (key == "tasks_per_s") {
    for (ScenarioDevice& device : scenario.devices) device.tasks_per_s = value;
  } else if (key == "gflops_per_s") {
    for (ScenarioNode& node : scenario.nodes) node.gflops_per_s = value;
  } else if (key == "mbit_per_s") {
    for (ScenarioLink& link : scenario.links) link.mbit_per_s = value;
  } else if (key == "latency_ms") {
    for (ScenarioLink& link : scenario.links) link.latency_ms = value;
  } else if (key == "accuracy_weight_s") {
    scenario.objective = {.accuracy_weight_s = value};
  } else if (key == "min_accuracy") {
    scenario.objective = {.min_accuracy = value};
  } else if (key == "max_mean_delay_s") {
    scenario.objective = {.max_mean_delay_s = value};
  } else if (key == "threshold") {
    scenario.fixed_threshold = value;
    scenario.tuned = false;
  } else if (key == "period_ms") {
    scenario.period_s = value * kMillisecond;
  } else {
    OFFRAMP_RETURN_IF_ERROR(ApplyToPart(key, value, scenario));
  }
  return CheckScenario(scenario).At(Format("--sweep %s=%g", key.c_str(), value));
}

}  // namespace offramp
