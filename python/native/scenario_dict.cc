#include "python/native/scenario_dict.h"

#include <charconv>
#include <limits>

#include "offramp/base/text.h"
#include "offramp/files/profile_file.h"
#include "offramp/files/scenario_file.h"
#include "offramp/files/yaml_tree.h"

#include "python/native/convert.h"

namespace py = pybind11;

namespace offramp {
namespace {

constexpr const char* kLabel = "scenario";  // stands for the file in messages
constexpr const char* kProfileText = "profile";

// A dict has no lines: "scenario:12: key: text" becomes "scenario: key: text".
Status WithoutLine(const Status& status) {
  const std::string start = std::string(kLabel) + ":";
  const std::string& text = status.message();
  if (text.rfind(start, 0) != 0) return status;
  const std::size_t digits = text.find_first_not_of("0123456789", start.size());
  if (digits == start.size() || digits == std::string::npos || text[digits] != ':') return status;
  return {status.code(), kLabel + text.substr(digits)};
}

// Columns of the profile in formats.md's order.
std::vector<std::string> ColumnNames(const std::vector<bool>& exits) {
  std::vector<std::string> names;
  for (std::size_t s = 0; s < exits.size(); ++s) {
    const bool last = s + 1 == exits.size();
    if (exits[s] && !last) names.push_back(Format("confidence_%zu", s + 1));
    if (exits[s] || last) names.push_back(Format("correct_%zu", s + 1));
  }
  return names;
}

std::vector<float> Column(const py::dict& arrays, const std::string& name, std::size_t& rows) {
  const std::vector<double> values = NumbersOf(arrays[name.c_str()], "exits: " + name);
  if (rows == 0) rows = values.size();
  if (values.empty() || values.size() != rows) {
    throw py::value_error(Format("exits: %s has %zu rows, expected %s", name.c_str(), values.size(),
                                 values.empty() ? "at least one" : std::to_string(rows).c_str()));
  }
  std::vector<float> column;
  column.reserve(values.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    // Written so that NaN fails.
    if (!(values[row] >= 0 && values[row] <= 1)) {
      throw py::value_error(Format("exits: %s[%zu]: is %g, expected a number from 0 to 1",
                                   name.c_str(), row, values[row]));
    }
    column.push_back(static_cast<float>(values[row]));
  }
  return column;
}

std::shared_ptr<const ExitProfile> ProfileFromArrays(const py::dict& arrays,
                                                     const std::vector<bool>& exits) {
  const std::vector<std::string> names = ColumnNames(exits);
  const std::string expected = ", expected " + Join(names, ",");
  for (const auto& [key, values] : arrays) {
    const auto name = py::str(key).cast<std::string>();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw py::value_error("exits: has '" + name + "'" + expected);
    }
  }
  for (const std::string& name : names) {
    if (!arrays.contains(name)) throw py::value_error("exits: lacks " + name + expected);
  }
  std::vector<std::vector<float>> confidence(exits.size());
  std::vector<std::vector<float>> correct(exits.size());
  std::size_t rows = 0;
  for (std::size_t s = 0; s < exits.size(); ++s) {
    const bool last = s + 1 == exits.size();
    if (exits[s] && !last) confidence[s] = Column(arrays, Format("confidence_%zu", s + 1), rows);
    if (exits[s] || last) correct[s] = Column(arrays, Format("correct_%zu", s + 1), rows);
  }
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

py::object Scalar(const YamlValue& value) {
  const std::string& text = value.text;
  if (value.quoted) return py::str(text);
  if (text == "true" || text == "false") return py::bool_(text == "true");
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (auto [at, error] = std::from_chars(text.data(), end, whole);
      error == std::errc() && at == end) {
    return py::int_(whole);
  }
  double number = 0;
  if (auto [at, error] = std::from_chars(text.data(), end, number);
      error == std::errc() && at == end) {
    return py::float_(number);
  }
  return py::str(text);
}

// `name`: scalars are names, also where they look like numbers.
py::object ObjectOf(const YamlValue& value, bool name) {
  switch (value.kind) {
    case YamlValue::Kind::kNull:
      return py::none();
    case YamlValue::Kind::kScalar:
      return name ? py::str(value.text) : Scalar(value);
    case YamlValue::Kind::kList: {
      py::list list;
      for (const auto& item : value.items) list.append(ObjectOf(*item, name));
      return list;
    }
    case YamlValue::Kind::kMap:
      break;
  }
  py::dict map;
  for (const auto& [key, entry] : value.entries) {
    const bool names = key == "name" || key == "from" || key == "to" || key == "device" ||
                       key == "node" || key == "link";
    map[key.c_str()] = ObjectOf(*entry, names);
  }
  return map;
}

}  // namespace

NativeScenario ScenarioFromText(const std::string& text, const py::object& profile,
                                const std::string& exits_path,
                                const std::vector<std::size_t>& endless_links,
                                const std::string& path, const std::string& policy) {
  Result<ScenarioYaml> yaml = ParseScenarioYaml(text, kLabel);
  if (!yaml.ok()) Raise(WithoutLine(yaml.status()));
  Scenario scenario = std::move(yaml->scenario);
  scenario.path = path;
  if (!yaml->exits.empty()) {
    std::vector<bool> exits;
    for (const ScenarioStage& stage : scenario.stages) exits.push_back(stage.exit);
    scenario.profile = profile.is_none() ? ValueOrRaise(ReadExitProfile(exits_path, exits))
                                         : ProfileFromArrays(profile.cast<py::dict>(), exits);
  }
  for (const std::size_t link : endless_links) {
    if (link < scenario.links.size()) scenario.links[link].mbit_per_s = 0;
  }
  scenario.policy = ParsePolicy(policy).value_or(Policy::kDtoEe);
  RaiseIfError(CheckScenario(scenario).At(kLabel));
  return {std::make_shared<const Scenario>(std::move(scenario))};
}

py::dict ScenarioToDict(const NativeScenario& scenario) {
  const std::string text =
      ScenarioText(*scenario, scenario->profile == nullptr ? "" : kProfileText);
  const auto tree = ValueOrRaise(
      ParseYaml(text, kLabel,
                {.max_bytes = text.size(), .max_values = std::numeric_limits<std::size_t>::max()}));
  py::dict dict = ObjectOf(*tree, false).cast<py::dict>();
  if (scenario->profile != nullptr) dict["model"]["exits"] = ProfileToArrays(scenario);
  const py::list links = dict["links"];
  for (std::size_t i = 0; i < scenario->links.size(); ++i) {
    if (scenario->links[i].mbit_per_s > 0) continue;
    links[i]["mbit_per_s"] = std::numeric_limits<double>::infinity();
  }
  return dict;
}

py::object ProfileToArrays(const NativeScenario& scenario) {
  if (scenario->profile == nullptr) return py::none();
  using Shared = std::shared_ptr<const ExitProfile>;
  const py::capsule owner(new Shared(scenario->profile),
                          [](void* shared) { delete static_cast<Shared*>(shared); });
  const auto array = [&owner](std::span<const float> values) {
    py::array_t<float> view(static_cast<py::ssize_t>(values.size()), values.data(), owner);
    view.attr("setflags")(py::arg("write") = false);
    return view;
  };
  const ExitProfile& profile = *scenario->profile;
  py::dict arrays;
  for (int h = 1; h <= profile.stages(); ++h) {
    if (profile.has_exit(h)) {
      arrays[Format("confidence_%d", h).c_str()] = array(profile.confidence(h));
    }
    if (!profile.correct(h).empty()) {
      arrays[Format("correct_%d", h).c_str()] = array(profile.correct(h));
    }
  }
  return arrays;
}

}  // namespace offramp
