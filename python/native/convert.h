// What all bindings share: errors of the libraries as Python exceptions, vectors as numpy arrays.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "offramp/base/result.h"
#include "offramp/core/policy.h"

namespace offramp {

// Throws what Python sees: ValueError with the one-line message; RuntimeError for our own faults.
[[noreturn]] void Raise(const Status& status);

inline void RaiseIfError(const Status& status) {
  if (!status.ok()) Raise(status);
}

template <typename T>
T ValueOrRaise(Result<T> result) {
  if (!result.ok()) Raise(result.status());
  return std::move(result).value();
}

// A copy that Python owns.
template <typename T>
pybind11::array_t<T> ArrayOf(const std::vector<T>& values) {
  return pybind11::array_t<T>(static_cast<pybind11::ssize_t>(values.size()), values.data());
}

// A Python sequence or array of numbers. `what` names it in errors.
std::vector<double> NumbersOf(const pybind11::handle& values, const std::string& what);

// By name; raises the commands' message for one that is not known.
Policy PolicyOf(const std::string& name);

}  // namespace offramp
