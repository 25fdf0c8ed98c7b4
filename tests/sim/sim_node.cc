#include "tests/sim/sim_node.h"

#include <algorithm>
#include <utility>

namespace offramp {

namespace {

Sender MakeSender(const SimOptions& options, int stage, std::vector<ReceiverSpec> receivers,
                  std::uint64_t seed) {
  Sender sender(options.policy, std::move(receivers), seed);
  double total = 0;
  for (int k = 0; k < sender.size(); ++k) total += sender.receiver(k).spec.capacity_tasks_per_s;
  DispatchDecision decision;
  // Of every receiver's inflow each offloader has its even part.
  const auto offloaders = stage == 0 ? static_cast<std::size_t>(options.gateways)
                                     : options.capacity_per_s[stage - 1].size();
  for (int k = 0; k < sender.size(); ++k) {
    sender.SetAvailable(k, true, 0);
    decision.share.push_back(sender.receiver(k).spec.capacity_tasks_per_s / total);
    decision.weight.push_back(options.deficits ? 1.0 / static_cast<double>(offloaders) : 1.0);
    decision.downstream_cost_s.push_back(0);
  }
  sender.Apply(decision);
  return sender;
}

double FixedThreshold(const SimOptions& options, int stage) {
  const auto index = static_cast<std::size_t>(stage) - 1;
  return stage > 0 && index < options.thresholds.size() ? options.thresholds[index] : kNeverExit;
}

LiveAgentOptions AgentOptions(const SimOptions& options, int stage, double capacity_per_s) {
  LiveAgentOptions live;
  // Under another policy's name it measures, and decides nothing.
  live.policy = options.agents ? options.policy : Policy::kRoundRobin;
  live.stage = stage;
  live.admission = false;
  live.objective = options.objective;
  live.threshold = FixedThreshold(options, stage);
  if (capacity_per_s > 0) live.expected_service_s = 1 / capacity_per_s;
  return live;
}

}  // namespace

SimNode::SimNode(const SimOptions& options, std::shared_ptr<const ExitProfile> known, int stage,
                 double capacity, int offloaders, std::vector<ReceiverSpec> receivers,
                 std::int64_t row_bytes, std::uint64_t seed)
    : capacity_per_s(capacity),
      sender(MakeSender(options, stage, std::move(receivers), seed)),
      live(
          [&] {
            LiveAgentOptions made = AgentOptions(options, stage, capacity);
            made.offloaders = offloaders;
            made.receivers = sender.size();
            made.row_bytes = row_bytes;
            made.seed = seed + 1;
            return made;
          }(),
          std::move(known)),
      links_(static_cast<std::size_t>(sender.size())),
      received_(static_cast<std::size_t>(offloaders)) {}

void SimNode::Arrive(int offloader, const std::vector<float>& survived, double weight_s) {
  ++received_[static_cast<std::size_t>(offloader)];
  live.OnRow(survived);
  live.OnArrival(offloader, 1, weight_s);
}

void SimNode::Served(double waited_s, double service_s) {
  live.OnServed(service_s, 1);
  live.OnWaited(waited_s);
  ++finished_;
}

Report SimNode::MakeReport(int offloader, double now_s) const {
  const auto waiting = static_cast<double>(queue.empty() ? 0 : queue.size() - 1);
  // While a task that has just ended makes way for the next, all that remain are waiting.
  const double running_s = queue.empty() ? 0 : std::max(busy_until_s - now_s, 0.0);
  return {.backlog_s = waiting * live.service_s() + running_s,
          .service_s = live.service_s(),
          .arrival_rate_per_s = live.arrival_rate_per_s(),
          .queued_tasks = static_cast<std::int64_t>(queue.size()),
          .received_tasks = received_[static_cast<std::size_t>(offloader)],
          .finished_tasks = finished_};
}

}  // namespace offramp
