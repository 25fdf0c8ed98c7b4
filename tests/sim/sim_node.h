// One part of a simulated fleet, gateway or replica: the daemons' own objects, and a queue.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "offramp/core/report.h"
#include "offramp/core/sender.h"
#include "offramp/optimize/live_agent.h"
#include "tests/sim/live_sim.h"

namespace offramp {

struct SimNode {
  struct Waiting {
    std::size_t task;
    double since_s;
  };

  // `known`: the exits as its agent knows them. `row_bytes`: of a task that it sends.
  SimNode(const SimOptions& options, std::shared_ptr<const ExitProfile> known, int stage,
          double capacity_per_s, int offloaders, std::vector<ReceiverSpec> receivers,
          std::int64_t row_bytes, std::uint64_t seed);

  void Arrive(int offloader, const std::vector<float>& survived, double weight_s);
  void Served(double waited_s, double service_s);

  // What it tells offloader i at `now_s`.
  Report MakeReport(int offloader, double now_s) const;

  void BeginRound(double now_s) { live.BeginRound(now_s, &sender, links_); }
  void EndRound() { live.EndRound(&sender, links_); }

  double capacity_per_s;
  Sender sender;
  LiveAgent live;
  bool alive = true;
  bool known_dead = false;
  double slowness = 1;
  double busy_until_s = 0;
  std::deque<Waiting> queue;  // front: being served

 private:
  std::vector<LiveReceiver> links_;
  std::vector<std::uint64_t> received_;  // by offloader
  std::uint64_t finished_ = 0;
};

}  // namespace offramp
