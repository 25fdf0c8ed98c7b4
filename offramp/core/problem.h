// Problem: the system that DTO-EE optimises, as a sealed value. Start reading here.
//
//     stage 0        stage 1         stage 2            stage H
//     sources  --->  replicas  --->  replicas  -- .. -> replicas
//     (gateways)     sub-model 1     sub-model 2        sub-model H
//                        |               |                  |
//                      exit 1          exit 2             answer
//
// Tasks arrive at the sources as Poisson streams of rate phi_i. A node i sends each task that goes
// on to one of the next stage's replicas it has a link to, j with probability p_ij (the offloading
// strategy). A replica of a stage with an exit answers a task when the exit's confidence reaches
// the replica's threshold c_j; the last stage answers everything. Answers travel for free.
//
//   replica j    an M/G/1 queue: service rate mu_j (node's FLOP/s divided by the sub-model's FLOP),
//                congestion constant k_j; D_j = mean number of tasks there (queue_model.h)
//   link (i, j)  t_ij: time to transfer one task's activations, bytes / rate + latency; no queue
//   profile      rows (samples held out of training) with confidence and correctness of every exit
//                (exit_profile.h). A task is a row drawn at random. Null: no exits, all alike.
//
// By Little's law the mean response delay, with arrival rates lambda_j and link flows f_ij, is
//     T = ( sum_j D_j(lambda_j) + sum_ij f_ij t_ij ) / sum_i phi_i                       seconds
// and with A the expected accuracy (share of tasks answered rightly) the objective is to minimise
//     U = T - a A                                                                        seconds
// where a, the accuracy weight, is what the operator would wait for accuracy 1 instead of 0. Least
// T with A >= A_min and greatest A with T <= T_max reduce to it by a search for a.
//
// strategy.h holds what is decided, evaluate.h computes T, A and U exactly. Source: Xie et al.,
// arXiv 2412.08284; algorithm.md section 1 restates it.
//
// Units: seconds, tasks/s. Nodes and links have indices: nodes by stage, sources first; links
// sorted by their sender. All per-node and per-link arrays elsewhere use these indices.
// A value; const methods are safe from several threads.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/exit_profile.h"

namespace offramp {

struct ProblemNode {
  std::string name;
  int stage = 0;                  // 0: source
  double arrival_rate_per_s = 0;  // phi; sources only
  double service_rate_per_s = 0;  // mu > 0; replicas only
  double congestion = 1;          // k >= 0; replicas only
};

struct ProblemLink {
  int from = 0;  // node indices; stage(to) == stage(from) + 1
  int to = 0;
  double transfer_s = 0;  // t_ij >= 0
};

class Problem {
 public:
  // Checks and seals. `nodes` in any order, `links` by index into `nodes` as given. Errors name
  // the node or link and the rule: at least one source and one replica of every stage 1..H, finite
  // rates, every source and every replica before stage H has a link, at most one link a pair; a
  // profile has H stages and at least one row. `accuracy_weight_s` is a >= 0.
  static Result<Problem> Create(std::vector<ProblemNode> nodes, std::vector<ProblemLink> links,
                                std::shared_ptr<const ExitProfile> profile,
                                double accuracy_weight_s);

  int stages() const { return static_cast<int>(first_node_.size()) - 2; }  // H
  int node_count() const { return static_cast<int>(nodes_.size()); }
  int link_count() const { return static_cast<int>(links_.size()); }

  const ProblemNode& node(int index) const { return nodes_[static_cast<std::size_t>(index)]; }
  const ProblemLink& link(int index) const { return links_[static_cast<std::size_t>(index)]; }

  // Nodes of a stage: [first_node(stage), first_node(stage + 1)), stage in 0..H + 1.
  int first_node(int stage) const { return first_node_[static_cast<std::size_t>(stage)]; }
  int nodes_in(int stage) const { return first_node(stage + 1) - first_node(stage); }

  // Links that leave a node: [first_link(node), first_link(node + 1)).
  int first_link(int node) const { return first_link_[static_cast<std::size_t>(node)]; }

  // Indices of the links that reach a node, ascending.
  std::span<const int> links_to(int node) const {
    const auto begin = static_cast<std::size_t>(first_in_[static_cast<std::size_t>(node)]);
    const auto end = static_cast<std::size_t>(first_in_[static_cast<std::size_t>(node) + 1]);
    return std::span(in_links_).subspan(begin, end - begin);
  }

  // Index by name, -1 when there is none.
  int FindNode(std::string_view name) const;

  // Null: no exits, all rows alike.
  const std::shared_ptr<const ExitProfile>& profile() const { return profile_; }
  bool has_exit(int stage) const {
    return profile_ != nullptr && stage >= 1 && profile_->has_exit(stage);
  }
  std::size_t rows() const { return profile_ ? profile_->rows() : 1; }

  double accuracy_weight_s() const { return accuracy_weight_s_; }
  double total_rate_per_s() const;  // sum of phi

  // What changes over time in a simulation or between plans.
  // REQUIRES: finite, rate >= 0, service rate > 0, transfer >= 0, weight >= 0.
  void SetArrivalRate(int source, double tasks_per_s);
  void SetServiceRate(int replica, double tasks_per_s);
  void SetTransfer(int link, double seconds);
  void SetAccuracyWeight(double seconds);

 private:
  Problem() = default;

  std::vector<ProblemNode> nodes_;
  std::vector<ProblemLink> links_;
  std::vector<int> first_node_;  // by stage, H + 2 entries
  std::vector<int> first_link_;  // by node, plus the end
  std::vector<int> in_links_;    // link indices sorted by receiver
  std::vector<int> first_in_;    // by node into in_links_, plus the end
  std::shared_ptr<const ExitProfile> profile_;
  double accuracy_weight_s_ = 0;
};

}  // namespace offramp
