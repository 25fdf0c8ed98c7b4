// Simulator: the event loop. Tasks arrive at devices, cross links, wait their turn at nodes, leave
// or go on, as a Router decides; parts change and die as the scenario says.
//
//   arrive -> [admit] -> send -> deliver -> wait -> serve -> done -> answer, or send again
//
// Owns its clock and its queue; draws by key (draws.h). Any number may run in one process, each in
// one thread. No allocation per event once its arrays have reached their largest size.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "offramp/core/scenario.h"
#include "offramp/simulate/draws.h"
#include "offramp/simulate/event_queue.h"
#include "offramp/simulate/network.h"
#include "offramp/simulate/recorder.h"
#include "offramp/simulate/router.h"
#include "offramp/simulate/sim_state.h"

namespace offramp {

struct SimulatorLimits {
  double end_s = 0;         // arrivals stop; infinite where `tasks` says when
  std::int64_t tasks = -1;  // counted ones; < 0: no limit
  double warmup_s = 0;
  std::function<void(double)> progress;  // may be null
  std::function<bool()> stop;            // may be null
};

class Simulator final : public RouterClock {
 public:
  // A dead node is noticed after so long; its tasks are then sent anew, this often at most.
  static constexpr double kDetection_s = 0.3;
  static constexpr int kMostResends = 8;

  // All of them outlive the simulator. REQUIRES: CheckScenario(scenario).ok().
  Simulator(const Scenario& scenario, Network& network, Router& router, Recorder& recorder,
            Draws draws, SimulatorLimits limits);

  // To the end, drained. False: stopped before.
  bool Run();

  double now_s() const { return now_s_; }
  double arrivals_end_s() const { return limits_.end_s; }
  std::int64_t events() const { return events_; }
  std::size_t most_tasks() const { return tasks_.size(); }  // under way at one time
  // Tasks that arrived before the first that counts.
  std::int64_t before_counted() const { return first_counted_ < 0 ? arrived_ : first_counted_; }
  const std::vector<std::int64_t>& counted_by_link() const { return counted_by_link_; }

  // RouterClock
  void SetRound(int part, double at_s) override;
  void SetReport(int part, double at_s) override;
  const SimNode& node(int part) const override { return nodes_[static_cast<std::size_t>(part)]; }

 private:
  struct Device {
    double tasks_per_s = 0;
    double left = 0;  // until the next arrival, in units of its mean distance, as of `since_s`
    double since_s = 0;
    std::uint32_t generation = 0;
    std::uint64_t arrivals = 0;
    bool pending = false;
  };
  struct Timer {
    std::uint32_t round = 0;  // generations
    std::uint32_t report = 0;
  };
  struct StageInfo {
    const float* confidence = nullptr;  // null: no exit
    const float* correct = nullptr;     // null: no profile
  };

  bool Over() const;
  bool Pause();  // progress and stop; true: stop
  void Happen(const Event& event);

  // simulator.cc
  void ScheduleArrival(std::uint32_t device);
  void Arrive(std::uint32_t device);
  std::uint32_t NewTask(std::uint32_t device);
  void Free(std::uint32_t task);
  void Send(int part, std::uint32_t task);
  void Deliver(std::uint32_t task);
  void StartNext(int part);
  void Done(int part);
  void Decide(int part, std::uint32_t task);
  void Answer(std::uint32_t task, int stage, double confidence);
  double Work(const SimTask& task) const;

  // simulator_changes.cc
  void Change(const ScenarioChange& change);
  void SetRate(int part, double tasks_per_s);
  void SetSpeed(int part, double gflops_per_s);
  void Kill(int part);
  void Detect(int part);
  void Revive(int part);
  void Unpark(int part);
  void SendAnew(std::uint32_t task);

  SimNode& At(int part) { return nodes_[static_cast<std::size_t>(part)]; }

  const Scenario& scenario_;
  Network& network_;
  Router& router_;
  Recorder& recorder_;
  const Draws draws_;
  SimulatorLimits limits_;

  double now_s_ = 0;
  EventQueue queue_;
  std::vector<SimTask> tasks_;
  std::uint32_t free_ = kNoTask;
  std::vector<SimNode> nodes_;  // by part
  std::vector<Device> devices_;
  std::vector<Timer> timers_;  // by part; empty until a router sets one
  std::vector<double> link_free_s_;
  std::vector<std::int64_t> counted_by_link_;
  std::vector<StageInfo> stages_;  // by stage, [0] unused
  std::size_t rows_ = 1;

  std::int64_t arrived_ = 0;
  std::int64_t first_counted_ = -1;  // number of the first task after the warm-up
  std::int64_t events_ = 0;
  std::int64_t under_way_ = 0;  // tasks not answered, lost or refused
  std::int64_t parked_ = 0;
  std::int64_t pending_arrivals_ = 0;
  std::size_t next_change_ = 0;
};

}  // namespace offramp
