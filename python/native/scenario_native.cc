#include "python/native/scenario_native.h"

#include <cmath>
#include <limits>
#include <unordered_map>

#include "offramp/core/exit_rule.h"
#include "offramp/files/scenario_file.h"
#include "offramp/optimize/generate_scenario.h"

#include "python/native/convert.h"
#include "python/native/scenario_dict.h"

namespace py = pybind11;

namespace offramp {
namespace {

constexpr double kNever = 2;

std::uint64_t PairOf(int from, int to) {
  return (static_cast<std::uint64_t>(from) << 32) + static_cast<std::uint64_t>(to);
}

NativeScenario Load(const std::string& path) {
  Result<Scenario> read = [&path] {
    const py::gil_scoped_release release;
    return ReadScenario(path);
  }();
  return {std::make_shared<const Scenario>(ValueOrRaise(std::move(read)))};
}

NativeScenario Generate(const GeneratorOptions& options) {
  return {std::make_shared<const Scenario>(ValueOrRaise(GenerateScenario(options)))};
}

// WriteScenario with what it requires.
void Save(const NativeScenario& scenario, const std::string& path) {
  for (const ScenarioLink& link : scenario->links) {
    if (link.mbit_per_s > 0) continue;
    throw py::value_error("link '" + scenario->part_name(link.from) + "' -> '" +
                          scenario->part_name(link.to) +
                          "': has no rate, expected one: a scenario file cannot say that a link "
                          "takes no time");
  }
  const ExitProfile* profile = scenario->profile.get();
  for (int stage = 1; profile != nullptr && stage <= profile->stages(); ++stage) {
    for (const float correct : profile->correct(stage)) {
      if (correct == 0 || correct == 1) continue;
      throw py::value_error("exits: correct_" + std::to_string(stage) +
                            " holds probabilities, expected 0 or 1 in a file");
    }
  }
  RaiseIfError(WriteScenario(*scenario, path));
}

// One value for each device, node or link.
template <typename Items, typename Value>
auto Each(const Items& items, Value value) {
  std::vector<decltype(value(items.front()))> values;
  values.reserve(items.size());
  for (const auto& item : items) values.push_back(value(item));
  return values;
}

}  // namespace

Scenario Overridden(const NativeScenario& scenario, const NativeOverrides& overrides) {
  Scenario changed = *scenario;
  if (!overrides.thresholds.is_none()) {
    const bool text = py::isinstance<py::str>(overrides.thresholds);
    changed.tuned = text && overrides.thresholds.cast<std::string>() == "tuned";
    changed.fixed_threshold.reset();
    if (!changed.tuned) {
      double value = std::numeric_limits<double>::quiet_NaN();
      if (!text && PyNumber_Check(overrides.thresholds.ptr()) == 1) {
        value = py::float_(overrides.thresholds);
      }
      if (!std::isfinite(value) || value < 0) {
        throw py::value_error("thresholds: is " +
                              py::repr(overrides.thresholds).cast<std::string>() +
                              ", expected a number from 0 (above 1: never exit) or 'tuned'");
      }
      changed.fixed_threshold = value;
    }
  }
  const int objectives = (overrides.accuracy_weight_s ? 1 : 0) + (overrides.min_accuracy ? 1 : 0) +
                         (overrides.max_mean_delay_s ? 1 : 0);
  if (objectives > 1) {
    throw py::value_error(
        "objective: expected one of accuracy_weight_s, min_accuracy, max_mean_delay_s");
  }
  if (overrides.accuracy_weight_s) {
    changed.objective = {.accuracy_weight_s = *overrides.accuracy_weight_s};
  }
  if (overrides.min_accuracy) changed.objective = {.min_accuracy = overrides.min_accuracy};
  if (overrides.max_mean_delay_s) {
    changed.objective = {.max_mean_delay_s = overrides.max_mean_delay_s};
  }
  RaiseIfError(AtScenario(CheckScenario(changed), changed));
  return changed;
}

ProblemMap::ProblemMap(const Scenario& of)
    : scenario(of),
      problem(ValueOrRaise(ProblemOf(of))),
      part(ProblemIndex(of, problem)),
      link(of.links.size()) {
  std::unordered_map<std::uint64_t, int> by_pair;
  by_pair.reserve(link.size());
  for (int index = 0; index < problem.link_count(); ++index) {
    by_pair.emplace(PairOf(problem.link(index).from, problem.link(index).to), index);
  }
  for (std::size_t i = 0; i < link.size(); ++i) {
    link[i] = by_pair.at(PairOf(part[static_cast<std::size_t>(of.links[i].from)],
                                part[static_cast<std::size_t>(of.links[i].to)]));
  }
}

Strategy ProblemMap::ToStrategy(const std::vector<double>& shares,
                                const std::vector<double>& thresholds) const {
  if (shares.size() != link.size() || thresholds.size() != scenario.nodes.size()) {
    throw py::value_error("strategy: has " + std::to_string(shares.size()) + " shares and " +
                          std::to_string(thresholds.size()) + " thresholds, expected " +
                          std::to_string(link.size()) + " (links) and " +
                          std::to_string(scenario.nodes.size()) + " (nodes)");
  }
  Strategy strategy = UniformStrategy(problem, kNeverExit);
  for (std::size_t i = 0; i < link.size(); ++i) {
    strategy.share[static_cast<std::size_t>(link[i])] = shares[i];
  }
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const auto node = static_cast<std::size_t>(part[scenario.devices.size() + i]);
    if (!problem.has_exit(problem.node(static_cast<int>(node)).stage)) continue;
    if (!(thresholds[i] >= 0)) {
      throw py::value_error("strategy: node '" + scenario.nodes[i].name +
                            "': its threshold must be >= 0 (above 1: never exit)");
    }
    strategy.threshold[node] = thresholds[i];
  }
  RaiseIfError(CheckStrategy(problem, strategy).At("strategy"));
  return strategy;
}

std::vector<double> ProblemMap::Shares(const Strategy& strategy) const {
  return ByLink(strategy.share);
}

std::vector<double> ProblemMap::Thresholds(const Strategy& strategy) const {
  std::vector<double> thresholds = ByNode(strategy.threshold);
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const int stage = scenario.nodes[i].stage;
    if (!problem.has_exit(stage)) {
      thresholds[i] = std::numeric_limits<double>::quiet_NaN();
    } else if (thresholds[i] > 1) {
      thresholds[i] = kNever;
    }
  }
  return thresholds;
}

std::vector<double> ProblemMap::ByNode(const std::vector<double>& values) const {
  std::vector<double> by_node;
  for (std::size_t i = scenario.devices.size(); i < part.size(); ++i) {
    by_node.push_back(values[static_cast<std::size_t>(part[i])]);
  }
  return by_node;
}

std::vector<double> ProblemMap::ByLink(const std::vector<double>& values) const {
  return Each(link, [&](int index) { return values[static_cast<std::size_t>(index)]; });
}

Status AtScenario(const Status& status, const Scenario& scenario) {
  return scenario.path.empty() ? status : status.At(scenario.path);
}

void BindScenario(py::module_& module) {
  py::class_<NativeScenario>(module, "Scenario")
      .def_static("load", &Load)
      .def_static("from_text", &ScenarioFromText, py::arg("text"), py::arg("profile"),
                  py::arg("exits_path"), py::arg("endless_links"), py::arg("path"),
                  py::arg("policy"))
      .def("to_dict", &ScenarioToDict)
      .def("save", &Save)
      .def_property_readonly("path", [](const NativeScenario& s) { return s->path; })
      .def_property_readonly(
          "policy", [](const NativeScenario& s) { return std::string(PolicyName(s->policy)); })
      .def_property_readonly("stages", [](const NativeScenario& s) { return s->stage_count(); })
      .def_property_readonly("exit_stages",
                             [](const NativeScenario& s) {
                               std::vector<int> exits;
                               for (int h = 1; h < s->stage_count(); ++h) {
                                 if (s->stages[static_cast<std::size_t>(h - 1)].exit)
                                   exits.push_back(h);
                               }
                               return py::tuple(py::cast(exits));
                             })
      .def_property_readonly(
          "devices",
          [](const NativeScenario& s) {
            return py::tuple(py::cast(Each(s->devices, [](const auto& d) { return d.name; })));
          })
      .def_property_readonly(
          "nodes",
          [](const NativeScenario& s) {
            return py::tuple(py::cast(Each(s->nodes, [](const auto& n) { return n.name; })));
          })
      .def_property_readonly(
          "links",
          [](const NativeScenario& s) {
            return py::tuple(py::cast(Each(s->links, [&](const ScenarioLink& link) {
              return std::make_pair(s->part_name(link.from), s->part_name(link.to));
            })));
          })
      .def_property_readonly(
          "tasks_per_s",
          [](const NativeScenario& s) {
            return ArrayOf(Each(s->devices, [](const auto& d) { return d.tasks_per_s; }));
          })
      .def_property_readonly(
          "node_stages",
          [](const NativeScenario& s) {
            return ArrayOf(Each(s->nodes, [](const auto& n) { return n.stage; }));
          })
      .def_property_readonly(
          "service_rate_per_s",
          [](const NativeScenario& s) {
            return ArrayOf(Each(s->nodes, [&](const auto& n) { return s->ServiceRate(n); }));
          })
      .def_property_readonly(
          "transfer_s",
          [](const NativeScenario& s) {
            return ArrayOf(Each(s->links, [&](const auto& l) { return s->TransferSeconds(l); }));
          })
      .def_property_readonly("profile", &ProfileToArrays);
  module.def(
      "generate",
      [](std::uint64_t seed, int devices, int nodes, int stages, int exits, double heterogeneity,
         double load, int degree, const std::string& law, std::size_t rows, double tasks_per_s,
         double accuracy_weight_s) {
        if (law != "exponential" && law != "deterministic") {
          throw py::value_error("law: is '" + law + "', expected exponential or deterministic");
        }
        return Generate(
            {.seed = seed,
             .devices = devices,
             .nodes = nodes,
             .stages = stages,
             .exits = exits,
             .heterogeneity = heterogeneity,
             .load = load,
             .degree = degree,
             .law = law == "exponential" ? ServiceLaw::kExponential : ServiceLaw::kDeterministic,
             .rows = rows,
             .task_rate_per_s = tasks_per_s,
             .accuracy_weight_s = accuracy_weight_s});
      },
      py::arg("seed"), py::arg("devices"), py::arg("nodes"), py::arg("stages"), py::arg("exits"),
      py::arg("heterogeneity"), py::arg("load"), py::arg("degree"), py::arg("law"), py::arg("rows"),
      py::arg("tasks_per_s"), py::arg("accuracy_weight_s"));
}

}  // namespace offramp
