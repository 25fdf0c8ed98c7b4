#include "offramp/core/problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "offramp/base/check.h"

namespace offramp {
namespace {

bool IsRate(double value) { return std::isfinite(value) && value >= 0; }

std::string Quoted(const std::string& name) { return "node '" + name + "'"; }

Status CheckNode(const ProblemNode& node) {
  if (node.stage < 0) return InvalidArgumentError(Quoted(node.name) + ": stage must be >= 0");
  if (node.stage == 0) {
    if (IsRate(node.arrival_rate_per_s)) return OkStatus();
    return InvalidArgumentError(Quoted(node.name) + ": arrival rate must be finite and >= 0");
  }
  if (!IsRate(node.service_rate_per_s) || node.service_rate_per_s <= 0) {
    return InvalidArgumentError(Quoted(node.name) + ": service rate must be finite and > 0");
  }
  if (!IsRate(node.congestion)) {
    return InvalidArgumentError(Quoted(node.name) + ": congestion must be finite and >= 0");
  }
  return OkStatus();
}

Status CheckLink(const ProblemLink& link, const std::vector<ProblemNode>& nodes) {
  const int count = static_cast<int>(nodes.size());
  if (link.from < 0 || link.from >= count || link.to < 0 || link.to >= count) {
    return InvalidArgumentError("a link names a node that does not exist");
  }
  const ProblemNode& from = nodes[static_cast<std::size_t>(link.from)];
  const ProblemNode& to = nodes[static_cast<std::size_t>(link.to)];
  const std::string where = "link '" + from.name + "' -> '" + to.name + "'";
  if (to.stage != from.stage + 1) {
    return InvalidArgumentError(where + ": must lead to the next stage");
  }
  if (!IsRate(link.transfer_s)) {
    return InvalidArgumentError(where + ": transfer time must be finite and >= 0");
  }
  return OkStatus();
}

Status CheckProfile(const ExitProfile* profile, int stages) {
  if (profile == nullptr) return OkStatus();
  if (profile->stages() != stages) {
    return InvalidArgumentError("the exit profile has " + std::to_string(profile->stages()) +
                                " stages, the problem " + std::to_string(stages));
  }
  if (profile->rows() == 0) return InvalidArgumentError("the exit profile has no rows");
  return OkStatus();
}

}  // namespace

Result<Problem> Problem::Create(std::vector<ProblemNode> nodes, std::vector<ProblemLink> links,
                                std::shared_ptr<const ExitProfile> profile,
                                double accuracy_weight_s) {
  int stages = 0;
  for (const ProblemNode& node : nodes) {
    OFFRAMP_RETURN_IF_ERROR(CheckNode(node));
    stages = std::max(stages, node.stage);
  }
  for (const ProblemLink& link : links) OFFRAMP_RETURN_IF_ERROR(CheckLink(link, nodes));
  if (stages == 0) return InvalidArgumentError("there is no replica");
  OFFRAMP_RETURN_IF_ERROR(CheckProfile(profile.get(), stages));
  if (!IsRate(accuracy_weight_s)) {
    return InvalidArgumentError("the accuracy weight must be finite and >= 0");
  }

  // Nodes by stage, in the given order within one; links follow their ends.
  std::vector<int> order(nodes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return nodes[static_cast<std::size_t>(a)].stage < nodes[static_cast<std::size_t>(b)].stage;
  });
  std::vector<int> place(nodes.size());
  Problem problem;
  for (std::size_t index = 0; index < order.size(); ++index) {
    place[static_cast<std::size_t>(order[index])] = static_cast<int>(index);
    problem.nodes_.push_back(std::move(nodes[static_cast<std::size_t>(order[index])]));
  }
  for (ProblemLink& link : links) {
    link.from = place[static_cast<std::size_t>(link.from)];
    link.to = place[static_cast<std::size_t>(link.to)];
  }
  std::stable_sort(links.begin(), links.end(), [](const ProblemLink& a, const ProblemLink& b) {
    return a.from != b.from ? a.from < b.from : a.to < b.to;
  });
  problem.links_ = std::move(links);
  problem.profile_ = std::move(profile);
  problem.accuracy_weight_s_ = accuracy_weight_s;

  const auto stage_of = [&](int node) { return problem.node(node).stage; };
  int next = 0;
  for (int stage = 0; stage <= stages; ++stage) {
    problem.first_node_.push_back(next);
    while (next < problem.node_count() && stage_of(next) == stage) ++next;
    if (next == problem.first_node_.back()) {
      return InvalidArgumentError(
          stage == 0 ? "there is no source" : "stage " + std::to_string(stage) + " has no replica");
    }
  }
  problem.first_node_.push_back(next);

  int link = 0;
  for (int node = 0; node < problem.node_count(); ++node) {
    problem.first_link_.push_back(link);
    while (link < problem.link_count() && problem.link(link).from == node) ++link;
    if (link == problem.first_link_.back() && stage_of(node) < stages) {
      return InvalidArgumentError(Quoted(problem.node(node).name) + ": has no link to stage " +
                                  std::to_string(stage_of(node) + 1));
    }
  }
  problem.first_link_.push_back(link);
  for (int l = 1; l < problem.link_count(); ++l) {
    const ProblemLink& a = problem.link(l - 1);
    const ProblemLink& b = problem.link(l);
    if (a.from == b.from && a.to == b.to) {
      return InvalidArgumentError("link '" + problem.node(a.from).name + "' -> '" +
                                  problem.node(a.to).name + "': given twice");
    }
  }

  problem.in_links_.resize(problem.links_.size());
  std::iota(problem.in_links_.begin(), problem.in_links_.end(), 0);
  std::stable_sort(problem.in_links_.begin(), problem.in_links_.end(),
                   [&](int a, int b) { return problem.link(a).to < problem.link(b).to; });
  int in = 0;
  for (int node = 0; node < problem.node_count(); ++node) {
    problem.first_in_.push_back(in);
    while (in < problem.link_count() &&
           problem.link(problem.in_links_[static_cast<std::size_t>(in)]).to == node) {
      ++in;
    }
  }
  problem.first_in_.push_back(in);
  return problem;
}

int Problem::FindNode(std::string_view name) const {
  for (int node = 0; node < node_count(); ++node) {
    if (nodes_[static_cast<std::size_t>(node)].name == name) return node;
  }
  return -1;
}

double Problem::total_rate_per_s() const {
  double total = 0;
  for (int node = 0; node < first_node(1); ++node) {
    total += nodes_[static_cast<std::size_t>(node)].arrival_rate_per_s;
  }
  return total;
}

void Problem::SetArrivalRate(int source, double tasks_per_s) {
  OFFRAMP_CHECK(node(source).stage == 0 && IsRate(tasks_per_s), "a rate of a source");
  nodes_[static_cast<std::size_t>(source)].arrival_rate_per_s = tasks_per_s;
}

void Problem::SetServiceRate(int replica, double tasks_per_s) {
  OFFRAMP_CHECK(node(replica).stage > 0 && IsRate(tasks_per_s) && tasks_per_s > 0,
                "a service rate of a replica");
  nodes_[static_cast<std::size_t>(replica)].service_rate_per_s = tasks_per_s;
}

void Problem::SetTransfer(int link, double seconds) {
  OFFRAMP_CHECK(IsRate(seconds), "a transfer time");
  links_[static_cast<std::size_t>(link)].transfer_s = seconds;
}

void Problem::SetAccuracyWeight(double seconds) {
  OFFRAMP_CHECK(IsRate(seconds), "an accuracy weight");
  accuracy_weight_s_ = seconds;
}

}  // namespace offramp
