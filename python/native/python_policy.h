// PythonPolicy: a user's Python object with choose(task, receivers) and threshold(task) as an
// OwnPolicy.
//
// An exception that leaves a method is kept; from then on Python is not called any more, tasks wait
// where they are, and failed() asks the simulation to stop. Must be used with the GIL held.
#pragma once

#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <pybind11/pybind11.h>

#include "offramp/core/scenario.h"
#include "offramp/simulate/own_policy.h"

namespace offramp {

// What methods are shown: views that know their part's name.
struct PythonTask {
  TaskView view;
  std::shared_ptr<const Scenario> scenario;
};
struct PythonReceiver {
  ReceiverView view;
  std::shared_ptr<const Scenario> scenario;
};

class PythonPolicy final : public OwnPolicy {
 public:
  // `scenario` is `shown` as the user's methods see it.
  PythonPolicy(pybind11::object policy, std::shared_ptr<const Scenario> scenario,
               pybind11::object shown);

  void Start(const Scenario& scenario) override;
  int Choose(const TaskView& task, std::span<const ReceiverView> receivers) override;
  double Threshold(const TaskView& task) override;

  // The exception that ended it; null: none yet.
  const std::exception_ptr& failed() const { return failed_; }

 private:
  // The receivers of one sender as Python sees them, kept from call to call.
  struct Shown {
    pybind11::tuple tuple;
    std::vector<PythonReceiver*> receivers;  // the tuple's
  };

  const pybind11::object& ShowTask(const TaskView& task);
  Shown& ShowReceivers(int part, std::span<const ReceiverView> receivers);

  const pybind11::object policy_;
  const std::shared_ptr<const Scenario> scenario_;
  const pybind11::object shown_;
  const pybind11::object choose_;
  const pybind11::object threshold_;
  pybind11::object task_;
  PythonTask* task_view_ = nullptr;  // of task_
  std::vector<Shown> by_part_;
  std::exception_ptr failed_;
};

void BindOwnPolicy(pybind11::module_& module);

}  // namespace offramp
