// simulate for Python.
#pragma once

#include <pybind11/pybind11.h>

namespace offramp {

void BindSimulate(pybind11::module_& module);

}  // namespace offramp
