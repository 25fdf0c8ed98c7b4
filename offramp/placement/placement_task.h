// PlacementTask: machines and model together, as the searches ask for them. Start reading here.
//
//   machine m    F_m GFLOP/s, shared out to the replicas that it runs; M_m bytes for their stages
//   stage h      g_h GFLOP and its bytes of memory, made of whole segments; b_h bytes reach it
//   link (m, n)  b_h takes 8 b_h / rate + latency; none: cannot; m = n: free. All pairs of replicas
//                on two machines share the link between them
//   source i     phi_i tasks/s on machine m_i
//
// Seconds, tasks/s, GFLOP. Immutable; const methods are safe from several threads.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/objective.h"
#include "offramp/files/machines_file.h"
#include "offramp/placement/placement.h"
#include "offramp/placement/placement_model.h"

namespace offramp {

// What one stage needs of a machine, for one task.
struct StageNeed {
  double gflops = 0;
  std::int64_t memory_bytes = 0;
};

class PlacementTask {
 public:
  // `stages_max`: stages that a model with free cuts is cut into, at most.
  // kInvalidArgument, one line with what is missing by how much: a stage that no machine holds,
  // more memory than all have, a source from which nothing can be reached, more work than all
  // machines do.
  static Result<PlacementTask> Create(Machines machines, PlacementModel model,
                                      const Objective& objective, int stages_max);

  const Machines& machines() const { return machines_; }
  const PlacementModel& model() const { return model_; }
  const Objective& objective() const { return objective_; }
  int machine_count() const { return static_cast<int>(machines_.machines.size()); }
  const Machine& machine(int m) const { return machines_.machines[static_cast<std::size_t>(m)]; }
  int stages_max() const { return stages_max_; }
  double congestion() const { return congestion_; }  // of the service law: queue_model.h

  // Machines with sources, and the tasks/s that arrive there.
  const std::vector<std::pair<int, double>>& sources() const { return sources_; }
  double total_rate_per_s() const { return total_rate_per_s_; }

  // A stage made of segments [begin, end).
  StageNeed Stage(int begin, int end) const;
  StageNeed Stage(const Placement& placement, int stage) const {
    return Stage(placement.begin(stage), placement.end(stage));
  }
  // Of what reaches a stage that begins there; 0: the input.
  std::int64_t BytesInto(int begin) const;

  // Of one task; 0 on the same machine, infinite without a link.
  double TransferSeconds(std::int64_t bytes, int from, int to) const;
  // What one task occupies the link for; 0 on the same machine.
  double BusySeconds(std::int64_t bytes, int from, int to) const;
  const MachineLink* FindLink(int from, int to) const;

  // Memory of every machine is kept, every stage has a replica.
  bool Fits(const Placement& placement) const;
  std::vector<std::int64_t> UsedMemory(const Placement& placement) const;

  // The placement without replicas that nothing reaches or that reach nothing; no replica of some
  // stage is left, or some source has nowhere to send: false.
  bool Prune(Placement& placement) const;

 private:
  PlacementTask(Machines machines, PlacementModel model, const Objective& objective,
                int stages_max);
  Status CheckMemory() const;
  Status CheckReach() const;
  Status CheckWork() const;

  Machines machines_;
  PlacementModel model_;
  Objective objective_;
  int stages_max_;
  double congestion_ = 1;
  double total_rate_per_s_ = 0;
  std::vector<std::pair<int, double>> sources_;
  std::vector<int> link_index_;        // by from * machines + to; -1: none
  std::vector<double> gflops_before_;  // by segment, plus the end
  std::vector<std::int64_t> memory_before_;
};

}  // namespace offramp
