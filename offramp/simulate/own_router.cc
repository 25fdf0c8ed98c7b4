#include "offramp/simulate/own_router.h"

#include <algorithm>
#include <utility>

namespace offramp {

namespace {

constexpr double kLatencyWeight = 0.1;  // of a new one in the average

}  // namespace

OwnRouter::OwnRouter(const Scenario& scenario, const Network& network,
                     std::shared_ptr<OwnPolicy> policy, Draws draws)
    : network_(network), policy_(std::move(policy)), draws_(draws) {
  for (int l = 0; l < network.link_count(); ++l) {
    const NetworkLink& link = network.link(l);
    const auto node = static_cast<std::size_t>(link.to) - scenario.devices.size();
    ReceiverView view;
    view.part = static_cast<int>(link.to);
    view.tasks_per_s = scenario.ServiceRate(scenario.nodes[node]);
    view.transfer_s = link.serialize_s + link.latency_s;
    receivers_.push_back(view);
  }
  policy_->Start(scenario);
}

TaskView OwnRouter::View(int part, const SimTask& task, double now_s) const {
  TaskView view;
  view.now_s = now_s;
  view.arrival_s = task.arrival_s;
  view.number = task.number;
  view.part = part;
  view.stage = network_.stage(part);
  return view;
}

int OwnRouter::Choose(int part, const SimTask& task, std::uint32_t /*index*/, double now_s) {
  const int begin = network_.first_out(part);
  const std::span<const ReceiverView> receivers =
      std::span<const ReceiverView>(receivers_)
          .subspan(static_cast<std::size_t>(begin),
                   static_cast<std::size_t>(network_.out_count(part)));
  if (std::none_of(receivers.begin(), receivers.end(),
                   [](const ReceiverView& receiver) { return receiver.available; })) {
    return kNone;
  }
  TaskView view = View(part, task, now_s);
  const std::uint64_t key = (std::uint64_t{task.resends} << 8) | task.stage;
  view.draw = draws_.Uniform(DrawStream::kHop, task.number, key);
  const int chosen = policy_->Choose(view, receivers);
  if (chosen < 0 || chosen >= static_cast<int>(receivers.size())) return kNone;
  return receivers[static_cast<std::size_t>(chosen)].available ? begin + chosen : kNone;
}

double OwnRouter::Threshold(int part, const SimTask& task, double now_s) {
  TaskView view = View(part, task, now_s);
  view.draw = draws_.Uniform(DrawStream::kExit, task.number, task.stage);
  return policy_->Threshold(view);
}

void OwnRouter::OnSent(int link, double /*now_s*/) {
  ++receivers_[static_cast<std::size_t>(link)].outstanding;
}

void OwnRouter::OnStageDone(int link, double sent_s, double entered_s, double now_s) {
  ReceiverView& receiver = receivers_[static_cast<std::size_t>(link)];
  const SimNode& node = clock_->node(receiver.part);
  --receiver.outstanding;
  receiver.transfer_s = entered_s - sent_s;
  const double latency_s = now_s - sent_s;
  receiver.latency_s = receiver.latency_s > 0
                           ? receiver.latency_s + kLatencyWeight * (latency_s - receiver.latency_s)
                           : latency_s;
  receiver.queued_tasks = static_cast<std::int64_t>(node.waiting) + (node.running ? 1 : 0);
}

void OwnRouter::OnFailed(int link, double /*sent_s*/, double /*now_s*/) {
  --receivers_[static_cast<std::size_t>(link)].outstanding;
}

void OwnRouter::SetAvailable(int part, bool available, double /*now_s*/) {
  for (const int link : network_.in_links(part)) {
    ReceiverView& receiver = receivers_[static_cast<std::size_t>(link)];
    receiver.available = available;
    if (!available) continue;
    receiver.latency_s = 0;
    receiver.queued_tasks = 0;
  }
}

}  // namespace offramp
