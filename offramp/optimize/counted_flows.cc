#include "offramp/optimize/counted_flows.h"

#include <algorithm>
#include <cmath>

namespace offramp {
namespace {

int PoissonCount(double mean, Random& random) {
  int count = 0;
  for (double t = random.Exponential(1); t < mean; t += random.Exponential(1)) ++count;
  return count;
}

}  // namespace

CountedFlows::CountedFlows(const Problem& problem, double round_s, double memory_s, bool mixes,
                           std::uint64_t seed)
    : round_s_(round_s),
      memory_s_(memory_s),
      mixes_(mixes),
      random_(seed),
      link_rate_per_s_(static_cast<std::size_t>(problem.link_count()), 0.0) {
  if (!mixes_) return;
  for (int n = problem.first_node(1); n < problem.node_count(); ++n) {
    mix_.emplace_back(problem.profile(), problem.node(n).stage);
  }
}

void CountedFlows::Walk(const Problem& problem, const Strategy& strategy, int source) {
  const ExitProfile* profile = problem.profile().get();
  const auto row = static_cast<std::size_t>(random_.Below(problem.rows()));
  survived_.clear();
  int node = source;
  while (true) {
    const auto here = static_cast<std::size_t>(node);
    const int stage = problem.node(node).stage;
    if (mixes_ && stage > 0) {
      mix_[static_cast<std::size_t>(node - problem.first_node(1))].Observe(survived_);
    }
    if (stage == problem.stages()) return;
    if (profile != nullptr && problem.has_exit(stage) &&
        static_cast<double>(profile->confidence(stage)[row]) >= strategy.threshold[here]) {
      return;
    }
    if (problem.has_exit(stage)) {
      survived_.push_back(static_cast<float>(strategy.threshold[here]));
    }
    const int end = problem.first_link(node + 1);
    int link = problem.first_link(node);
    double left = random_.Uniform();
    while (link + 1 < end && left >= strategy.share[static_cast<std::size_t>(link)]) {
      left -= strategy.share[static_cast<std::size_t>(link++)];
    }
    link_tasks_[static_cast<std::size_t>(link)] += 1;
    node = problem.link(link).to;
  }
}

void CountedFlows::Count(const Problem& problem, const Strategy& strategy) {
  ++rounds_;
  const double forgotten = 1 - std::exp(-round_s_ / memory_s_);
  link_tasks_.assign(link_rate_per_s_.size(), 0.0);
  for (int source = 0; source < problem.first_node(1); ++source) {
    const double mean = problem.node(source).arrival_rate_per_s * round_s_;
    for (int n = PoissonCount(mean, random_); n > 0; --n) Walk(problem, strategy, source);
  }
  for (RowMix& mix : mix_) mix.Round(forgotten / 2);
  // The first rounds average what there is.
  const double weight = std::max(forgotten, 1 / static_cast<double>(rounds_));
  for (std::size_t l = 0; l < link_rate_per_s_.size(); ++l) {
    link_rate_per_s_[l] += weight * (link_tasks_[l] / round_s_ - link_rate_per_s_[l]);
  }
}

void CountedFlows::Apply(const Problem& problem, int node, AgentMeasurement& measurement) const {
  measurement.inflow_per_s.clear();
  measurement.flow_per_s.clear();
  measurement.arrival_rate_per_s = 0;
  measurement.outflow_per_s = 0;
  for (const int l : problem.links_to(node)) {
    measurement.inflow_per_s.push_back(link_rate_per_s_[static_cast<std::size_t>(l)]);
    measurement.arrival_rate_per_s += measurement.inflow_per_s.back();
  }
  for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
    measurement.flow_per_s.push_back(link_rate_per_s_[static_cast<std::size_t>(l)]);
    measurement.outflow_per_s += measurement.flow_per_s.back();
  }
  if (problem.node(node).stage == 0) measurement.arrival_rate_per_s = measurement.outflow_per_s;
  if (mixes_ && problem.node(node).stage > 0) {
    measurement.row_mix = mix_[static_cast<std::size_t>(node - problem.first_node(1))].mix();
  }
}

}  // namespace offramp
