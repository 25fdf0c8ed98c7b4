// A scenario as the dict that its YAML file would give (formats.md "Scenario"), with the exit
// profile as numpy arrays in place of a file's name, and back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pybind11/pybind11.h>

#include "python/native/scenario_native.h"

namespace offramp {

// From the text of a scenario file (JSON is YAML too). `profile`: arrays by column, or None: the
// file `exits_path` where the text names one. `endless_links`: indices of links that take no time
// but their latency, whatever rate the text gives. `path` and `policy` are what the scenario is
// said to come with. Raises the parser's message with "scenario: " for the file and line.
NativeScenario ScenarioFromText(const std::string& text, const pybind11::object& profile,
                                const std::string& exits_path,
                                const std::vector<std::size_t>& endless_links,
                                const std::string& path, const std::string& policy);

pybind11::dict ScenarioToDict(const NativeScenario& scenario);

// Read-only arrays by column (confidence_h, correct_h) that share the scenario's memory; None
// without a profile.
pybind11::object ProfileToArrays(const NativeScenario& scenario);

}  // namespace offramp
