// Router: what a policy is to the event loop: where a task goes next, and at which confidence it
// may leave. It hears of everything that a sender or a receiver of a real fleet would see, at the
// moment it happens: answers, acknowledgements and agents' messages are not delayed (formats.md).
//
//   share_router.h   fixed shares and thresholds, drawn at random: what plans are
//   live_router.h    the daemons' own Sender, ExitRule and DtoEeAgent
//   own_router.h     a policy of the user's (own_policy.h)
//
// Links are indices of Network, parts those of Scenario. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/simulate/sim_state.h"

namespace offramp {

// Part of the event loop, as routers see it.
class RouterClock {
 public:
  virtual ~RouterClock() = default;

  // The next call of Round(part) is at `at_s`, in place of any other.
  virtual void SetRound(int part, double at_s) = 0;
  // The next call of SendReports(part).
  virtual void SetReport(int part, double at_s) = 0;

  virtual const SimNode& node(int part) const = 0;
};

class Router {
 public:
  static constexpr int kNone = -1;

  virtual ~Router() = default;

  // Before the first event.
  virtual void Start(RouterClock& /*clock*/) {}

  // A task at a device: take it, or refuse it at the door. May set what the task carries.
  virtual bool Admit(SimTask& /*task*/, double /*now_s*/) { return true; }

  // The link by which the task leaves `part`, or kNone while nobody can take it. `index` is the
  // task's place in the pool.
  virtual int Choose(int part, const SimTask& task, std::uint32_t index, double now_s) = 0;

  // The threshold of a node that has just done the task's stage: it leaves iff confidence >= this.
  virtual double Threshold(int part, const SimTask& task, double now_s) = 0;

  // The task goes on, past this threshold.
  virtual void OnSurvived(int /*part*/, std::uint32_t /*index*/, double /*threshold*/) {}

  virtual void OnSent(int /*link*/, double /*now_s*/) {}
  // Reached the node; comes before the node's queue knows of it.
  virtual void OnDelivered(const SimTask& /*task*/, std::uint32_t /*index*/, double /*now_s*/) {}
  // Service is over; comes before the exit decision.
  virtual void OnServed(int /*part*/, double /*waited_s*/, double /*service_s*/) {}
  // The exit decision has been carried out: the sender learns that the stage is done of a task that
  // it sent at `sent_s` and that was there at `entered_s`.
  virtual void OnStageDone(int /*link*/, double /*sent_s*/, double /*entered_s*/,
                           double /*now_s*/) {}
  // The receiver died with the task.
  virtual void OnFailed(int /*link*/, double /*sent_s*/, double /*now_s*/) {}
  // Its device has the answer.
  virtual void OnAnswered(const SimTask& /*task*/, std::uint32_t /*index*/, int /*stage*/,
                          double /*confidence*/, double /*delay_s*/) {}
  // It has been sent anew too often. Its stage is that of the part that would send it.
  virtual void OnLost(const SimTask& /*task*/, std::uint32_t /*index*/) {}

  // All senders have noticed that the node is gone, or there again (with nothing in it).
  virtual void SetAvailable(int part, bool available, double now_s) = 0;
  virtual void OnLinkChanged(int /*link*/) {}

  virtual void Round(int /*part*/, double /*now_s*/) {}
  virtual void SendReports(int /*part*/, double /*now_s*/) {}

  // Of an objective that is steered, at the end.
  virtual bool objective_met() const { return true; }
  virtual double accuracy_weight_s(double objective_s) const { return objective_s; }
};

}  // namespace offramp
