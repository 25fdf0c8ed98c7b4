// Scenarios in Python: an immutable core Scenario, made from files, from text or by the generator.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <pybind11/pybind11.h>

#include "offramp/core/problem.h"
#include "offramp/core/scenario.h"
#include "offramp/core/strategy.h"

namespace offramp {

// Passed by value: it shares the scenario. Safe from several threads.
struct NativeScenario {
  std::shared_ptr<const Scenario> value;

  const Scenario& operator*() const { return *value; }
  const Scenario* operator->() const { return value.get(); }
};

// What a call may set in place of what the scenario says.
struct NativeOverrides {
  pybind11::object thresholds = pybind11::none();  // a number from 0, "tuned", or None
  std::optional<double> accuracy_weight_s;
  std::optional<double> min_accuracy;
  std::optional<double> max_mean_delay_s;
};

// The scenario with the overrides applied, checked. Raises.
Scenario Overridden(const NativeScenario& scenario, const NativeOverrides& overrides);

// The scenario's problem, and where the problem keeps each of the scenario's links and parts:
// Python sees strategies in the scenario's order. Raises.
struct ProblemMap {
  explicit ProblemMap(const Scenario& of);

  // Shares by the scenario's links and thresholds by its nodes (NaN: none) as a Strategy. Raises
  // unless it is one.
  Strategy ToStrategy(const std::vector<double>& shares,
                      const std::vector<double>& thresholds) const;
  std::vector<double> Shares(const Strategy& strategy) const;
  // NaN at nodes without an exit; 2 where nothing ever exits.
  std::vector<double> Thresholds(const Strategy& strategy) const;
  // By the scenario's nodes or links what the problem has by its own.
  std::vector<double> ByNode(const std::vector<double>& values) const;
  std::vector<double> ByLink(const std::vector<double>& values) const;

  const Scenario& scenario;
  Problem problem;
  std::vector<int> part;  // problem's node index by part
  std::vector<int> link;  // problem's link index by the scenario's link
};

// "name: message", or the message alone where the scenario has no file.
Status AtScenario(const Status& status, const Scenario& scenario);

void BindScenario(pybind11::module_& module);

}  // namespace offramp
