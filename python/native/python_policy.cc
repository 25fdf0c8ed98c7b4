#include "python/native/python_policy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "offramp/base/text.h"

namespace py = pybind11;

namespace offramp {
namespace {

constexpr int kWait = -1;

[[noreturn]] void BadChoice(const py::handle& answer, std::size_t count) {
  throw py::value_error(
      Format("choose() returned %s, expected one of its %zu receivers, an index "
             "from 0 to %zu, or None",
             py::repr(answer).cast<std::string>().c_str(), count, count - 1));
}

int IndexOf(const py::object& answer, const py::tuple& receivers) {
  if (answer.is_none()) return kWait;
  const std::size_t count = receivers.size();
  if (PyIndex_Check(answer.ptr()) != 0) {
    const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(answer.ptr()));
    const long value = index ? PyLong_AsLong(index.ptr()) : -1;
    if (PyErr_Occurred() != nullptr) PyErr_Clear();
    if (value < 0 || static_cast<std::size_t>(value) >= count) BadChoice(answer, count);
    return static_cast<int>(value);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (PyTuple_GET_ITEM(receivers.ptr(), static_cast<py::ssize_t>(i)) == answer.ptr()) {
      return static_cast<int>(i);
    }
  }
  BadChoice(answer, count);
}

}  // namespace

PythonPolicy::PythonPolicy(py::object policy, std::shared_ptr<const Scenario> scenario,
                           py::object shown)
    : policy_(std::move(policy)),
      scenario_(std::move(scenario)),
      shown_(std::move(shown)),
      choose_(policy_.attr("choose")),
      threshold_(policy_.attr("threshold")),
      by_part_(static_cast<std::size_t>(scenario_->part_count())) {}

void PythonPolicy::Start(const Scenario& /*scenario*/) {
  try {
    policy_.attr("start")(shown_);
  } catch (...) {
    failed_ = std::current_exception();
  }
}

// An object that only this class knows is used again; one that the user kept stays as it was.
const py::object& PythonPolicy::ShowTask(const TaskView& task) {
  if (!task_ || task_.ref_count() > 1) {
    task_ = py::cast(PythonTask{.view = task, .scenario = scenario_});
    task_view_ = task_.cast<PythonTask*>();
  } else {
    task_view_->view = task;
  }
  return task_;
}

PythonPolicy::Shown& PythonPolicy::ShowReceivers(int part,
                                                 std::span<const ReceiverView> receivers) {
  Shown& shown = by_part_[static_cast<std::size_t>(part)];
  bool ours = shown.tuple.size() == receivers.size() && shown.tuple.ref_count() == 1;
  for (std::size_t i = 0; ours && i < receivers.size(); ++i) {
    ours =
        py::handle(PyTuple_GET_ITEM(shown.tuple.ptr(), static_cast<py::ssize_t>(i))).ref_count() ==
        1;
  }
  if (!ours) {
    shown.tuple = py::tuple(receivers.size());
    shown.receivers.clear();
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      py::object receiver = py::cast(PythonReceiver{.view = receivers[i], .scenario = scenario_});
      shown.receivers.push_back(receiver.cast<PythonReceiver*>());
      shown.tuple[i] = std::move(receiver);
    }
    return shown;
  }
  for (std::size_t i = 0; i < receivers.size(); ++i) shown.receivers[i]->view = receivers[i];
  return shown;
}

int PythonPolicy::Choose(const TaskView& task, std::span<const ReceiverView> receivers) {
  if (failed_) return kWait;
  try {
    const Shown& shown = ShowReceivers(task.part, receivers);
    return IndexOf(choose_(ShowTask(task), shown.tuple), shown.tuple);
  } catch (...) {
    failed_ = std::current_exception();
    return kWait;
  }
}

double PythonPolicy::Threshold(const TaskView& task) {
  if (failed_) return 0;
  try {
    const py::object answer = threshold_(ShowTask(task));
    const double value = PyFloat_AsDouble(answer.ptr());
    if (PyErr_Occurred() != nullptr) PyErr_Clear();
    if (PyNumber_Check(answer.ptr()) == 0 || std::isnan(value) || value < 0) {
      throw py::value_error("threshold() returned " + py::repr(answer).cast<std::string>() +
                            ", expected a number from 0 (above 1: never exit)");
    }
    return value;
  } catch (...) {
    failed_ = std::current_exception();
    return 0;
  }
}

void BindOwnPolicy(py::module_& module) {
  const auto name = [](const auto& shown) { return shown.scenario->part_name(shown.view.part); };
  const auto task = [](auto field) {
    return [field](const PythonTask& shown) { return shown.view.*field; };
  };
  py::class_<PythonTask>(module, "Task", "One task at one part, when a policy is asked about it.")
      .def_property_readonly("now_s", task(&TaskView::now_s), "Simulated seconds.")
      .def_property_readonly("arrival_s", task(&TaskView::arrival_s),
                             "When it arrived at its device.")
      .def_property_readonly("number", task(&TaskView::number), "In the order of arrival.")
      .def_property_readonly(
          "part", task(&TaskView::part),
          "That has it: devices first, then nodes, each in the scenario's order.")
      .def_property_readonly(
          "at", [name](const PythonTask& t) { return name(t); }, "Name of that part.")
      .def_property_readonly("stage", task(&TaskView::stage), "Of that part; 0: a device.")
      .def_property_readonly("draw", task(&TaskView::draw),
                             "Uniform in [0, 1), another one each time, the same by seed.")
      .def("__repr__", [name](const PythonTask& t) {
        return Format("<Task %lld at %s, %.6g s>", static_cast<long long>(t.view.number),
                      name(t).c_str(), t.view.now_s);
      });

  const auto receiver = [](auto field) {
    return [field](const PythonReceiver& shown) { return shown.view.*field; };
  };
  py::class_<PythonReceiver>(module, "Receiver",
                             "A part that a task may be sent to, as its sender knows it.")
      .def_property_readonly("part", receiver(&ReceiverView::part),
                             "Its number: devices first, then nodes, each in the scenario's order.")
      .def_property_readonly(
          "name", [name](const PythonReceiver& r) { return name(r); }, "Its name.")
      .def_property_readonly("available", receiver(&ReceiverView::available),
                             "False once its death was noticed.")
      .def_property_readonly("outstanding", receiver(&ReceiverView::outstanding),
                             "Tasks sent from here whose stage is not done.")
      .def_property_readonly("tasks_per_s", receiver(&ReceiverView::tasks_per_s),
                             "Its speed by the file.")
      .def_property_readonly("transfer_s", receiver(&ReceiverView::transfer_s),
                             "Seconds of one task over the link, without queue, as last measured.")
      .def_property_readonly(
          "latency_s", receiver(&ReceiverView::latency_s),
          "Seconds from sending to done, averaged over about ten tasks; 0: none yet.")
      .def_property_readonly("queued_tasks", receiver(&ReceiverView::queued_tasks),
                             "Tasks there when the last acknowledgement left it.")
      .def("__repr__", [name](const PythonReceiver& r) {
        return Format("<Receiver %s: %lld outstanding, %.6g tasks/s>", name(r).c_str(),
                      static_cast<long long>(r.view.outstanding), r.view.tasks_per_s);
      });
}

}  // namespace offramp
