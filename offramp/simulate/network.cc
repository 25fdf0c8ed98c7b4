#include "offramp/simulate/network.h"

#include <algorithm>
#include <numeric>

#include "offramp/base/check.h"
#include "offramp/base/units.h"
#include "offramp/core/exit_rule.h"

namespace offramp {

Network::Network(const Scenario& scenario)
    : devices_(static_cast<int>(scenario.devices.size())), stages_(scenario.stage_count()) {
  const auto parts = static_cast<std::size_t>(scenario.part_count());
  const std::size_t count = scenario.links.size();
  stage_.reserve(parts);
  for (int part = 0; part < scenario.part_count(); ++part) {
    stage_.push_back(scenario.part_stage(part));
  }

  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return scenario.links[a].from < scenario.links[b].from;
  });
  first_out_.assign(parts + 1, 0);
  first_in_.assign(parts + 1, 0);
  of_scenario_.resize(count);
  links_.reserve(count);
  for (const std::size_t index : order) {
    const ScenarioLink& link = scenario.links[index];
    of_scenario_[index] = static_cast<int>(links_.size());
    NetworkLink made;
    made.from = static_cast<std::uint32_t>(link.from);
    made.to = static_cast<std::uint32_t>(link.to);
    made.bytes = scenario.LinkBytes(link);
    made.latency_s = link.latency_ms * kMillisecond;
    made.queue = link.queue;
    links_.push_back(made);
    SetLinkRate(link_count() - 1, link.mbit_per_s);
    ++first_out_[made.from + 1];
    ++first_in_[made.to + 1];
  }
  std::partial_sum(first_out_.begin(), first_out_.end(), first_out_.begin());
  std::partial_sum(first_in_.begin(), first_in_.end(), first_in_.begin());
  in_links_.resize(count);
  std::vector<int> filled(parts, 0);
  for (int index = 0; index < link_count(); ++index) {
    NetworkLink& link = links_[static_cast<std::size_t>(index)];
    link.in_slot = static_cast<std::uint32_t>(filled[link.to]++);
    in_links_[static_cast<std::size_t>(first_in_[link.to]) + link.in_slot] = index;
  }
}

void Network::SetLinkRate(int index, double mbit_per_s) {
  NetworkLink& link = links_[static_cast<std::size_t>(index)];
  link.mbit_per_s = mbit_per_s;
  link.serialize_s = SerializationSeconds(link.bytes, mbit_per_s);
}

Network::Flat Network::Flatten(const Scenario& scenario, const Problem& problem,
                               const Strategy& strategy) const {
  const std::vector<int> node_of = ProblemIndex(scenario, problem);
  std::vector<std::uint32_t> part_of(node_of.size());
  for (std::size_t part = 0; part < node_of.size(); ++part) {
    part_of[static_cast<std::size_t>(node_of[part])] = static_cast<std::uint32_t>(part);
  }
  Flat flat;
  flat.share.assign(links_.size(), 0.0);
  flat.threshold.assign(stage_.size(), kNeverExit);
  for (int part = 0; part < parts(); ++part) {
    const int node = node_of[static_cast<std::size_t>(part)];
    if (problem.has_exit(stage(part))) {
      flat.threshold[static_cast<std::size_t>(part)] =
          strategy.threshold[static_cast<std::size_t>(node)];
    }
    for (int l = problem.first_link(node); l < problem.first_link(node + 1); ++l) {
      const std::uint32_t to = part_of[static_cast<std::size_t>(problem.link(l).to)];
      const auto begin = links_.begin() + first_out(part);
      const auto end = links_.begin() + first_out(part + 1);
      const auto found =
          std::find_if(begin, end, [to](const NetworkLink& link) { return link.to == to; });
      OFFRAMP_CHECK(found != end, "a link of the problem that the scenario does not have");
      flat.share[static_cast<std::size_t>(found - links_.begin())] =
          strategy.share[static_cast<std::size_t>(l)];
    }
  }
  return flat;
}

}  // namespace offramp
