// offramp._native: what the Python package `offramp` wraps. Not for users: its functions take and
// give plain arrays and dicts, and may change with every version.
#include <optional>
#include <string>

#include "offramp_version.h"
#include "python/native/convert.h"
#include "python/native/plan_native.h"
#include "python/native/python_policy.h"
#include "python/native/scenario_native.h"
#include "python/native/simulate_native.h"

PYBIND11_MODULE(_native, module) {
  module.doc() = "The C++ libraries behind the package offramp.";
  module.attr("version") = std::string(offramp::kVersion);
  pybind11::class_<offramp::NativeOverrides>(module, "Overrides")
      .def(pybind11::init<pybind11::object, std::optional<double>, std::optional<double>,
                          std::optional<double>>(),
           pybind11::arg("thresholds"), pybind11::arg("accuracy_weight_s"),
           pybind11::arg("min_accuracy"), pybind11::arg("max_mean_delay_s"));
  offramp::BindScenario(module);
  offramp::BindOwnPolicy(module);
  offramp::BindPlan(module);
  offramp::BindSimulate(module);
}
