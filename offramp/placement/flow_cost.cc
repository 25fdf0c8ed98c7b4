#include "offramp/placement/flow_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "offramp/core/queue_model.h"

namespace offramp {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr int kRounds = 40;
constexpr int kPatience = 5;
constexpr double kStill = 1e-5;
constexpr double kLinkCongestion = 0.5;

}  // namespace

LinkWait WaitForLink(double busy) {
  const QueueLoad load = EvaluateQueue(busy, 1, kLinkCongestion);
  return {.number = load.number - busy, .slope = load.marginal_s - 1};
}

// Parts and edges; a first split by speed. False: some stage has no way on.
bool FlowCost::Build(const Placement& placement, const std::vector<double>& reach) {
  parts_.clear();
  edges_.clear();
  on_machine_.resize(static_cast<std::size_t>(task_.machine_count()));
  for (std::vector<int>& on : on_machine_) on.clear();
  for (const auto& [machine, rate] : task_.sources()) {
    Replica source;
    source.machine = machine;
    source.out = 1;
    source.arrivals = rate;
    parts_.push_back(source);
  }
  first_replica_ = parts_.size();
  const int stages = placement.stage_count();
  for (int stage = 1; stage <= stages; ++stage) {
    const double gflops = task_.Stage(placement, stage).gflops;
    const auto s = static_cast<std::size_t>(stage);
    const double out = stage == stages || reach[s - 1] <= 0 ? 0 : reach[s] / reach[s - 1];
    for (const int machine : placement.on(stage)) {
      Replica replica;
      replica.machine = machine;
      replica.stage = stage;
      replica.work = gflops / task_.machine(machine).gflops_per_s;
      replica.out = out;
      on_machine_[static_cast<std::size_t>(machine)].push_back(static_cast<int>(parts_.size()));
      parts_.push_back(replica);
    }
  }
  busy_.resize(task_.machines().links.size());
  slope_.resize(busy_.size());
  used_links_.clear();
  std::size_t next = first_replica_;  // of the stage after the present part's
  std::size_t next_end = next;
  int stage = -1;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Replica& from = parts_[i];
    if (from.stage != stage) {
      stage = from.stage;
      next = next_end;
      while (next_end < parts_.size() && parts_[next_end].stage == stage + 1) ++next_end;
    }
    from.first_edge = static_cast<int>(edges_.size());
    if (stage == stages) continue;
    const std::int64_t bytes = task_.BytesInto(placement.begin(stage + 1));
    double total = 0;
    for (std::size_t k = next; k < next_end; ++k) {
      const Replica& to = parts_[k];
      const double transfer = task_.TransferSeconds(bytes, from.machine, to.machine);
      if (std::isinf(transfer)) continue;
      Edge edge;
      edge.to = static_cast<int>(k);
      edge.transfer = transfer;
      if (from.machine != to.machine) {
        edge.busy = task_.BusySeconds(bytes, from.machine, to.machine);
        edge.link = static_cast<int>(task_.FindLink(from.machine, to.machine) -
                                     task_.machines().links.data());
        used_links_.push_back(edge.link);
      }
      const auto sharers =
          static_cast<double>(on_machine_[static_cast<std::size_t>(to.machine)].size());
      edge.share = 1 / (to.work * sharers);
      total += edge.share;
      edges_.push_back(edge);
    }
    from.edges = static_cast<int>(edges_.size()) - from.first_edge;
    for (int e = from.first_edge; e < from.first_edge + from.edges; ++e) {
      edges_[static_cast<std::size_t>(e)].share /= total;
    }
    if (stage == 0 && from.edges == 0) return false;
  }
  // What leads nowhere is not sent to.
  for (std::size_t i = parts_.size(); i-- > 0;) {
    Replica& from = parts_[i];
    from.price = 0;
    if (from.stage == stages) continue;
    double total = 0;
    for (int e = from.first_edge; e < from.first_edge + from.edges; ++e) {
      Edge& edge = edges_[static_cast<std::size_t>(e)];
      if (std::isinf(parts_[static_cast<std::size_t>(edge.to)].price)) edge.share = 0;
      total += edge.share;
    }
    if (total <= 0) {
      if (from.stage == 0) return false;
      from.price = kInfinite;
      continue;
    }
    for (int e = from.first_edge; e < from.first_edge + from.edges; ++e) {
      edges_[static_cast<std::size_t>(e)].share /= total;
    }
  }
  return true;
}

void FlowCost::Shares() {
  for (const std::vector<int>& on : on_machine_) {
    double total = 0;
    double roots = 0;
    for (const int r : on) {
      const double rho = parts_[static_cast<std::size_t>(r)].rho;
      total += rho;
      roots += std::sqrt(rho);
    }
    for (const int r : on) {
      Replica& replica = parts_[static_cast<std::size_t>(r)];
      if (on.size() == 1) {
        replica.share = 1;
      } else if (total <= 0) {
        replica.share = 1 / static_cast<double>(on.size());
      } else if (total >= 1) {
        replica.share = replica.rho / total;
      } else {
        replica.share = replica.rho + (1 - total) * std::sqrt(replica.rho) / roots;
      }
      // An idle replica would get nothing, and then never look worth a task: it is priced as if it
      // had a little work.
      if (replica.rho <= 0 && on.size() > 1) {
        replica.share = 0.1 * std::max(1 - total, 0.05);
      }
    }
  }
}

// Follows the shares; returns tasks in the system.
double FlowCost::Flow() {
  for (std::size_t i = first_replica_; i < parts_.size(); ++i) parts_[i].arrivals = 0;
  for (const int link : used_links_) busy_[static_cast<std::size_t>(link)] = 0;
  double tasks = 0;
  for (const Replica& from : parts_) {
    const double out = from.arrivals * from.out;
    for (int e = from.first_edge; e < from.first_edge + from.edges; ++e) {
      const Edge& edge = edges_[static_cast<std::size_t>(e)];
      const double flow = out * edge.share;
      parts_[static_cast<std::size_t>(edge.to)].arrivals += flow;
      tasks += flow * edge.transfer;
      if (edge.link >= 0) busy_[static_cast<std::size_t>(edge.link)] += flow * edge.busy;
    }
  }
  for (std::size_t i = first_replica_; i < parts_.size(); ++i) {
    parts_[i].rho = parts_[i].arrivals * parts_[i].work;
  }
  Shares();
  for (std::size_t i = first_replica_; i < parts_.size(); ++i) {
    Replica& replica = parts_[i];
    const QueueLoad load =
        EvaluateQueue(replica.arrivals, replica.share / replica.work, task_.congestion());
    tasks += load.number;
    replica.marginal = load.marginal_s;
    replica.curvature = load.curvature;
  }
  // A link stands in the list once for every pair that uses it: its wait is taken at the first.
  for (const int link : used_links_) slope_[static_cast<std::size_t>(link)] = -1;
  for (const int link : used_links_) {
    const auto l = static_cast<std::size_t>(link);
    if (slope_[l] >= 0) continue;
    const LinkWait wait = WaitForLink(busy_[l]);
    tasks += wait.number;
    slope_[l] = wait.slope;
  }
  return tasks;
}

// Prices from the last stage back, then every sender towards its cheapest receiver.
void FlowCost::Step(double damping) {
  for (std::size_t i = parts_.size(); i-- > 0;) {
    Replica& from = parts_[i];
    if (from.edges == 0) {
      if (!std::isinf(from.price)) from.price = from.marginal;
      continue;
    }
    if (std::isinf(from.price)) continue;
    double onward = 0;
    double least = kInfinite;
    Edge* best = nullptr;
    const int end = from.first_edge + from.edges;
    for (int e = from.first_edge; e < end; ++e) {
      Edge& edge = edges_[static_cast<std::size_t>(e)];
      edge.cost = edge.transfer + parts_[static_cast<std::size_t>(edge.to)].price;
      if (edge.link >= 0) edge.cost += edge.busy * slope_[static_cast<std::size_t>(edge.link)];
      if (edge.share > 0) onward += edge.share * edge.cost;
      if (edge.cost < least) {
        least = edge.cost;
        best = &edge;
      }
    }
    from.price = from.marginal + from.out * onward;
    const double out = from.arrivals * from.out;
    if (out <= 0 || best == nullptr) continue;
    const double towards = parts_[static_cast<std::size_t>(best->to)].curvature;
    for (int e = from.first_edge; e < end; ++e) {
      Edge& edge = edges_[static_cast<std::size_t>(e)];
      if (&edge == best || edge.share <= 0) continue;
      const Replica& to = parts_[static_cast<std::size_t>(edge.to)];
      // Others move the same receiver: a sender takes only its own part of the curvature's room.
      const double own = std::clamp(out * edge.share / std::max(to.arrivals, 1e-12), 0.1, 1.0);
      const double curvature = std::max(towards + to.curvature, 1e-12);
      const double moved =
          std::min(edge.share, damping * own * (edge.cost - least) / (curvature * out));
      edge.share -= moved;
      best->share += moved;
    }
  }
}

double FlowCost::Evaluate(const Placement& placement, const std::vector<double>& reach) {
  best_arrivals_.assign(static_cast<std::size_t>(placement.replica_count()), 0);
  if (!Build(placement, reach)) return kInfinite;
  double best = kInfinite;
  double before = kInfinite;
  double damping = 0.7;
  int still = 0;
  for (int round = 0; round < kRounds && still < kPatience; ++round) {
    const double tasks = Flow();
    still = tasks < best * (1 - kStill) ? 0 : still + 1;
    if (tasks < best) {
      best = tasks;
      for (std::size_t i = first_replica_; i < parts_.size(); ++i) {
        best_arrivals_[i - first_replica_] = parts_[i].arrivals;
      }
    }
    damping = std::clamp(damping * (tasks > before ? 0.5 : 1.15), 0.02, 1.5);
    before = tasks;
    Step(damping);
  }
  return best / task_.total_rate_per_s();
}

std::vector<std::vector<double>> FlowCost::Arrivals() const {
  std::vector<std::vector<double>> arrivals;
  for (std::size_t i = first_replica_; i < parts_.size(); ++i) {
    const auto stage = static_cast<std::size_t>(parts_[i].stage);
    if (arrivals.size() < stage) arrivals.resize(stage);
    arrivals[stage - 1].push_back(best_arrivals_[i - first_replica_]);
  }
  return arrivals;
}

}  // namespace offramp
