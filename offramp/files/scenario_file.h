// Reads and writes scenario files (formats.md "Scenario"), and reads fleet files as scenarios.
//
// Errors are one line with file, line or key, what is wrong and what is expected: kNotFound when a
// file is not there, else kInvalidArgument. Whatever is read without error passes CheckScenario.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "offramp/base/result.h"
#include "offramp/core/scenario.h"
#include "offramp/files/fleet_scenario.h"
#include "offramp/files/yaml_tree.h"

namespace offramp {

// Bounds of a scenario file. Generated ones are large: a link takes five or six values.
inline constexpr YamlLimits kScenarioLimits{.max_bytes = std::size_t{64} << 20,
                                            .max_values = 4'000'000};
inline constexpr std::size_t kMaxScenarioParts = 200'000;  // devices, and nodes
inline constexpr std::size_t kMaxScenarioChanges = 100'000;

// A scenario file as it stands, before the profile that it names is opened.
struct ScenarioYaml {
  Scenario scenario;  // without profile
  std::string exits;  // path of the exit profile, relative to the scenario file; empty: none
};

// Reads a scenario file with its exit profile, or a fleet file with its bundle; `gateways` or
// `model.bundle` tells a fleet file. `measured`: speeds of the fleet's nodes that have none.
Result<Scenario> ReadScenario(const std::string& path, const MeasuredSpeeds& measured = {});

// Keys, types, ranges, names, links and changes of a scenario's text; opens nothing. `path` is only
// for messages.
Result<ScenarioYaml> ParseScenarioYaml(const std::string& text, const std::string& path);

// The text of a scenario file that names `exits` as its profile ("": none). Numbers are written so
// that reading them gives the same values. REQUIRES: `scenario` passes CheckScenario, and its
// links have a rate (a fleet's may have none).
std::string ScenarioText(const Scenario& scenario, const std::string& exits);

// The profile as CSV, the columns in the order of formats.md.
std::string ExitProfileText(const ExitProfile& profile);

// Writes the scenario to `path` and its profile beside it as <stem>.exits.csv.
Status WriteScenario(const Scenario& scenario, const std::string& path);

}  // namespace offramp
