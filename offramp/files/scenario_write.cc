#include <charconv>
#include <filesystem>
#include <variant>

#include "offramp/base/text.h"
#include "offramp/files/run_state.h"
#include "offramp/files/scenario_file.h"

namespace offramp {

namespace {

// The shortest text that reads as the same value.
template <typename T>
std::string Shortest(T value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

// Words that YAML would not take for text.
std::string Word(const std::string& word) {
  const bool plain = word != "null" && word.find_first_not_of(
                                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789._-/") == std::string::npos;
  return plain ? word : "'" + Join(Split(word, '\''), "''") + "'";
}

std::string NameOf(const Scenario& scenario, int part) { return Word(scenario.part_name(part)); }

std::string StageText(const ScenarioStage& stage, bool last) {
  std::string text = "    - {gflops: " + Shortest(stage.gflops);
  if (!last) text += ", output_bytes: " + std::to_string(stage.output_bytes);
  if (stage.memory_bytes > 0) text += ", memory_bytes: " + std::to_string(stage.memory_bytes);
  if (stage.exit && !last) text += ", exit: true";
  return text + "}\n";
}

std::string ObjectiveText(const Objective& objective) {
  if (objective.min_accuracy) return "min_accuracy: " + Shortest(*objective.min_accuracy);
  if (objective.max_mean_delay_s) {
    return "max_mean_delay_s: " + Shortest(*objective.max_mean_delay_s);
  }
  return "accuracy_weight_s: " + Shortest(objective.accuracy_weight_s);
}

std::string NumbersText(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + Shortest(value);
  return "[" + text + "]";
}

// A fleet's may have nothing behind it; then it is deterministic, and a scenario file must say so.
std::string MeasuredText(const Scenario& scenario) {
  if (!scenario.service_histogram) return "service: deterministic\n";
  return "service: measured\nservice_histogram:\n  edges: " +
         NumbersText(scenario.service_histogram->edges()) +
         "\n  weights: " + NumbersText(scenario.service_histogram->weights()) + "\n";
}

struct ChangeText {
  const Scenario& scenario;

  std::string operator()(const DeviceRateChange& change) const {
    return "device: " + NameOf(scenario, change.part) +
           ", tasks_per_s: " + Shortest(change.tasks_per_s);
  }
  std::string operator()(const NodeSpeedChange& change) const {
    return "node: " + NameOf(scenario, change.part) +
           ", gflops_per_s: " + Shortest(change.gflops_per_s);
  }
  std::string operator()(const NodeDownChange& change) const {
    return "node: " + NameOf(scenario, change.part) + ", down: " + (change.down ? "true" : "false");
  }
  std::string operator()(const LinkRateChange& change) const {
    const ScenarioLink& link = scenario.links[static_cast<std::size_t>(change.link)];
    return "link: [" + NameOf(scenario, link.from) + ", " + NameOf(scenario, link.to) +
           "], mbit_per_s: " + Shortest(change.mbit_per_s);
  }
};

void AppendLinks(const Scenario& scenario, std::string& text) {
  text += "links:\n";
  for (const ScenarioLink& link : scenario.links) {
    text += "  - {from: " + NameOf(scenario, link.from) + ", to: " + NameOf(scenario, link.to) +
            ", mbit_per_s: " + Shortest(link.mbit_per_s);
    if (link.latency_ms > 0) text += ", latency_ms: " + Shortest(link.latency_ms);
    if (link.queue) text += ", queue: true";
    text += "}\n";
  }
}

}  // namespace

std::string ScenarioText(const Scenario& scenario, const std::string& exits) {
  std::string text = "version: 1\nmodel:\n  input_bytes: " + std::to_string(scenario.input_bytes) +
                     "\n  stages:\n";
  for (const ScenarioStage& stage : scenario.stages) {
    text += StageText(stage, &stage == &scenario.stages.back());
  }
  if (!exits.empty()) text += "  exits: " + Word(exits) + "\n";
  text += "devices:\n";
  for (const ScenarioDevice& device : scenario.devices) {
    text += "  - {name: " + Word(device.name) + ", tasks_per_s: " + Shortest(device.tasks_per_s) +
            "}\n";
  }
  text += "nodes:\n";
  for (const ScenarioNode& node : scenario.nodes) {
    text += "  - {name: " + Word(node.name) + ", stage: " + std::to_string(node.stage) +
            ", gflops_per_s: " + Shortest(node.gflops_per_s) + "}\n";
  }
  AppendLinks(scenario, text);
  if (scenario.service == ServiceLaw::kDeterministic) text += "service: deterministic\n";
  if (scenario.service == ServiceLaw::kMeasured) text += MeasuredText(scenario);
  text += Format("period_ms: %.12g\n", scenario.period_s * 1e3);
  text += "objective: {" + ObjectiveText(scenario.objective) + "}\n";
  if (scenario.tuned) {
    text += "thresholds: tuned\n";
  } else if (scenario.fixed_threshold) {
    text += "thresholds: " + Shortest(*scenario.fixed_threshold) + "\n";
  }
  if (!scenario.changes.empty()) text += "changes:\n";
  for (const ScenarioChange& change : scenario.changes) {
    text += "  - {at_s: " + Shortest(change.at_s) + ", " +
            std::visit(ChangeText{scenario}, change.what) + "}\n";
  }
  return text;
}

std::string ExitProfileText(const ExitProfile& profile) {
  struct Column {
    std::string name;
    std::span<const float> values;
  };
  std::vector<Column> columns;
  for (int h = 1; h <= profile.stages(); ++h) {
    if (profile.has_exit(h)) {
      columns.push_back({"confidence_" + std::to_string(h), profile.confidence(h)});
    }
    if (!profile.correct(h).empty()) {
      columns.push_back({"correct_" + std::to_string(h), profile.correct(h)});
    }
  }
  std::string text;
  for (const Column& column : columns) text += (text.empty() ? "" : ",") + column.name;
  text += "\n";
  for (std::size_t row = 0; row < profile.rows(); ++row) {
    for (const Column& column : columns) {
      if (&column != columns.data()) text += ",";
      text += Shortest(column.values[row]);
    }
    text += "\n";
  }
  return text;
}

Status WriteScenario(const Scenario& scenario, const std::string& path) {
  std::string exits;
  if (scenario.profile != nullptr) {
    const std::filesystem::path file(path);
    exits = file.stem().string() + ".exits.csv";
    OFFRAMP_RETURN_IF_ERROR(WriteFileAtomically((file.parent_path() / exits).string(),
                                                ExitProfileText(*scenario.profile)));
  }
  return WriteFileAtomically(path, ScenarioText(scenario, exits));
}

}  // namespace offramp
