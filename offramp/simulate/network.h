// Network: a Scenario's parts and links laid out for the event loop. Parts keep the scenario's
// indices (devices first); links are sorted by their sender, in the file's order within one.
//
// Immutable but for what changes of the scenario set (rates, speeds). Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "offramp/core/problem.h"
#include "offramp/core/scenario.h"
#include "offramp/core/strategy.h"

namespace offramp {

struct NetworkLink {
  std::uint32_t from = 0;  // parts
  std::uint32_t to = 0;
  std::uint32_t in_slot = 0;  // position among the links that reach `to`
  std::int64_t bytes = 0;     // of one task
  double mbit_per_s = 0;      // 0: takes no time but the latency
  double latency_s = 0;
  double serialize_s = 0;  // 8 bytes / rate
  bool queue = false;
};

class Network {
 public:
  // REQUIRES: CheckScenario(scenario).ok().
  explicit Network(const Scenario& scenario);

  int devices() const { return devices_; }
  int parts() const { return static_cast<int>(stage_.size()); }
  int stages() const { return stages_; }
  int stage(int part) const { return stage_[static_cast<std::size_t>(part)]; }

  // Links that leave a part: [first_out(part), first_out(part + 1)).
  int first_out(int part) const { return first_out_[static_cast<std::size_t>(part)]; }
  int out_count(int part) const { return first_out(part + 1) - first_out(part); }

  // Links that reach a part, by in_slot.
  std::span<const int> in_links(int part) const {
    const auto begin = static_cast<std::size_t>(first_in_[static_cast<std::size_t>(part)]);
    const auto end = static_cast<std::size_t>(first_in_[static_cast<std::size_t>(part) + 1]);
    return std::span(in_links_).subspan(begin, end - begin);
  }

  int link_count() const { return static_cast<int>(links_.size()); }
  const NetworkLink& link(int index) const { return links_[static_cast<std::size_t>(index)]; }
  void SetLinkRate(int index, double mbit_per_s);

  // Index here of the scenario's link, and the other way round.
  int LinkOfScenario(int index) const { return of_scenario_[static_cast<std::size_t>(index)]; }

  // The scenario's problem as shares by link and thresholds by part. REQUIRES: they belong
  // together.
  struct Flat {
    std::vector<double> share;      // by link of this network
    std::vector<double> threshold;  // by part; kNeverExit where there is no exit
  };
  Flat Flatten(const Scenario& scenario, const Problem& problem, const Strategy& strategy) const;

 private:
  int devices_ = 0;
  int stages_ = 0;
  std::vector<int> stage_;
  std::vector<NetworkLink> links_;
  std::vector<int> first_out_;
  std::vector<int> in_links_;
  std::vector<int> first_in_;
  std::vector<int> of_scenario_;
};

}  // namespace offramp
