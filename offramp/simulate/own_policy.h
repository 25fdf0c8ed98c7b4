// OwnPolicy: a policy of the user's in a simulation: two questions, asked a task at a time.
//
//   class Shortest final : public OwnPolicy {
//    public:
//     int Choose(const TaskView&, std::span<const ReceiverView> receivers) override { ... }
//     double Threshold(const TaskView&) override { return 0.7; }
//   };
//   options.own = std::make_shared<Shortest>();
//   Result<SimulationResult> result = Simulate(scenario, options);
//
// What it is shown is what a real sender knows: its own tasks, and what acknowledgements said. It
// may keep what it likes; results are the same by seed as long as it draws from nothing but `draw`.
// One simulation calls it from one thread; share it between none.
#pragma once

#include <cstdint>
#include <span>

#include "offramp/core/scenario.h"

namespace offramp {

struct TaskView {
  double now_s = 0;
  double arrival_s = 0;     // at its device
  std::int64_t number = 0;  // in the order of arrival
  int part = 0;             // that has it: index into Scenario's parts
  int stage = 0;            // of that part; 0: a device
  double draw = 0;          // uniform in [0, 1), another one each time, the same by seed
};

// One of the parts that `part` has a link to, in the file's order.
struct ReceiverView {
  int part = 0;
  bool available = true;         // false once its death was noticed
  std::int64_t outstanding = 0;  // tasks sent from here whose stage is not done
  double tasks_per_s = 0;        // its speed by the file
  double transfer_s = 0;         // of one task over the link, without queue, as last measured
  double latency_s = 0;          // from sending to done, averaged over about ten tasks; 0: none yet
  std::int64_t queued_tasks = 0;  // there, when the last acknowledgement left it
};

class OwnPolicy {
 public:
  virtual ~OwnPolicy() = default;

  // Before the first task of a simulation.
  virtual void Start(const Scenario& /*scenario*/) {}

  // The index in `receivers` of the one that gets the task; < 0, or an unavailable one: the task
  // waits until a node comes back. At least one is available.
  virtual int Choose(const TaskView& task, std::span<const ReceiverView> receivers) = 0;

  // The task's stage is done at a node with an exit: it leaves iff its confidence is at least this.
  virtual double Threshold(const TaskView& task) = 0;
};

}  // namespace offramp
