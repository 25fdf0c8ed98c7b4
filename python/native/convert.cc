#include "python/native/convert.h"

#include <stdexcept>

#include "offramp/base/text.h"

namespace py = pybind11;

namespace offramp {

void Raise(const Status& status) {
  if (status.code() == StatusCode::kInternal) throw std::runtime_error(status.message());
  throw py::value_error(status.message());
}

std::vector<double> NumbersOf(const py::handle& values, const std::string& what) {
  const auto array = py::array_t<double, py::array::c_style | py::array::forcecast>::ensure(values);
  if (!array) {
    PyErr_Clear();
    throw py::value_error(what + ": expected numbers");
  }
  if (array.ndim() != 1) throw py::value_error(what + ": expected one dimension");
  return {array.data(), array.data() + array.size()};
}

Policy PolicyOf(const std::string& name) {
  const std::optional<Policy> policy = ParsePolicy(name);
  if (policy) return *policy;
  const std::vector<std::string> names = PolicyNames(/*live_only=*/false);
  const std::string near = Nearest(name, names);
  throw py::value_error("policy: is '" + name + "', expected one of " + Join(names) +
                        (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

}  // namespace offramp
