// FlowCost: in some ten microseconds, about what a placement is worth: the mean delay when every
// sender splits as marginal delays say (Gallager's minimum-delay routing), machines are shared by
// the square-root rule and a given share of tasks reaches each stage. The searches compare by it;
// what they end with is judged by DTO-EE's own optimum (assess.h).
//
// Counted are time at replicas, transfers, and the wait for links that several pairs share: a link
// is a queue of its own, with deterministic service.
#pragma once

#include <vector>

#include "offramp/placement/placement.h"
#include "offramp/placement/placement_task.h"

namespace offramp {

// Mean number of tasks that wait for a link that is busy a share `busy` of the time, and its slope.
struct LinkWait {
  double number = 0;
  double slope = 0;
};
LinkWait WaitForLink(double busy);

// Keep one per thread; not thread-safe.
class FlowCost {
 public:
  explicit FlowCost(const PlacementTask& task) : task_(task) {}

  // Mean delay in seconds; infinite where some task cannot get through. `reach`: share of all tasks
  // that come to stage h, at [h - 1]; the first is 1. REQUIRES: every stage has a replica.
  double Evaluate(const Placement& placement, const std::vector<double>& reach);

  // Of the last evaluation, by stage - 1 and replica: tasks/s that arrive, and the shares of its
  // machine's speed.
  std::vector<std::vector<double>> Arrivals() const;

 private:
  struct Replica {
    int machine = 0;
    int stage = 0;    // 1-based; 0: a source
    double work = 0;  // seconds of the whole machine, for one task
    double out = 0;   // survivors of an arrival
    double arrivals = 0;
    double rho = 0;
    double share = 0;
    double marginal = 0;   // D'
    double curvature = 0;  // D''
    double price = 0;      // of a visit from here on; infinite: no way on
    int first_edge = 0;
    int edges = 0;
  };
  struct Edge {
    int to = 0;
    int link = -1;  // index into busy_; -1: the same machine
    double transfer = 0;
    double busy = 0;  // of the link, by one task
    double share = 0;
    double cost = 0;  // scratch: marginal
  };

  bool Build(const Placement& placement, const std::vector<double>& reach);
  double Flow();
  void Shares();
  void Step(double damping);

  const PlacementTask& task_;
  std::vector<Replica> parts_;  // sources first, then replicas by stage
  std::size_t first_replica_ = 0;
  std::vector<Edge> edges_;
  std::vector<std::vector<int>> on_machine_;
  std::vector<double> busy_;   // by link
  std::vector<double> slope_;  // of the wait, by link
  std::vector<int> used_links_;
  std::vector<double> best_arrivals_;
};

}  // namespace offramp
