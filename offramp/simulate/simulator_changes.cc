// What the scenario changes while tasks are under way: rates, speeds, links, deaths and returns.
#include <algorithm>

#include "offramp/base/check.h"
#include "offramp/simulate/simulator.h"

namespace offramp {

void Simulator::Change(const ScenarioChange& change) {
  if (const auto* rate = std::get_if<DeviceRateChange>(&change.what)) {
    SetRate(rate->part, rate->tasks_per_s);
  } else if (const auto* speed = std::get_if<NodeSpeedChange>(&change.what)) {
    SetSpeed(speed->part, speed->gflops_per_s);
  } else if (const auto* down = std::get_if<NodeDownChange>(&change.what)) {
    if (down->down) {
      Kill(down->part);
    } else {
      Revive(down->part);
    }
  } else if (const auto* link = std::get_if<LinkRateChange>(&change.what)) {
    // What is under way keeps the time it was given.
    const int index = network_.LinkOfScenario(link->link);
    network_.SetLinkRate(index, link->mbit_per_s);
    router_.OnLinkChanged(index);
  }
}

void Simulator::SetRate(int part, double tasks_per_s) {
  Device& device = devices_[static_cast<std::size_t>(part)];
  device.left -= device.tasks_per_s * (now_s_ - device.since_s);
  device.left = std::max(device.left, 0.0);
  device.tasks_per_s = tasks_per_s;
  ScheduleArrival(static_cast<std::uint32_t>(part));
}

void Simulator::SetSpeed(int part, double gflops_per_s) {
  SimNode& node = At(part);
  const auto stage = static_cast<std::size_t>(network_.stage(part) - 1);
  const double mean_s = scenario_.stages[stage].gflops / gflops_per_s;
  if (node.running) {
    node.work = std::max(node.work - (now_s_ - node.speed_since_s) / node.service_mean_s, 0.0);
    node.speed_since_s = now_s_;
    queue_.Push(now_s_ + node.work * mean_s, EventKind::kDone, static_cast<std::uint32_t>(part),
                ++node.generation);
  }
  node.service_mean_s = mean_s;
}

void Simulator::Kill(int part) {
  SimNode& node = At(part);
  if (!node.alive) return;
  for (std::uint32_t index = node.queue.head; index != kNoTask; index = tasks_[index].next) {
    const SimTask& task = tasks_[index];
    if (!task.counted) continue;
    node.CountChange(now_s_, -1);
    node.sojourn_task_s += now_s_ - task.entered_s;
    if (node.running && index == node.queue.head) node.busy_s += now_s_ - node.started_s;
  }
  node.alive = false;
  node.running = false;
  node.waiting = 0;
  queue_.Push(now_s_ + kDetection_s, EventKind::kDetect, static_cast<std::uint32_t>(part),
              ++node.generation);
}

void Simulator::Detect(int part) {
  SimNode& node = At(part);
  node.known_dead = true;
  node.queue = TaskList{};
  router_.SetAvailable(part, false, now_s_);
  std::vector<std::uint32_t> gone;
  for (std::uint32_t index = 0; index < tasks_.size(); ++index) {
    const SimTask& task = tasks_[index];
    const bool held =
        task.state == SimTask::State::kUnderWay || task.state == SimTask::State::kAtNode;
    if (held && static_cast<int>(network_.link(static_cast<int>(task.link)).to) == part) {
      gone.push_back(index);
    }
  }
  // In the order of arrival, not of places in the pool.
  std::sort(gone.begin(), gone.end(), [this](std::uint32_t a, std::uint32_t b) {
    return tasks_[a].number < tasks_[b].number;
  });
  for (const std::uint32_t index : gone) SendAnew(index);
}

void Simulator::SendAnew(std::uint32_t index) {
  SimTask& task = tasks_[index];
  const NetworkLink& link = network_.link(static_cast<int>(task.link));
  router_.OnFailed(static_cast<int>(task.link), task.sent_s, now_s_);
  if (task.state == SimTask::State::kAtNode) --task.stage;
  ++task.generation;  // a delivery that is still to come is void
  if (task.resends == kMostResends) {
    if (task.counted) recorder_.OnLost();
    router_.OnLost(task, index);
    Free(index);
    return;
  }
  ++task.resends;
  if (task.counted) recorder_.OnResent();
  Send(static_cast<int>(link.from), index);
}

void Simulator::Revive(int part) {
  SimNode& node = At(part);
  if (node.alive) return;
  // A new process answers at the old address: now everybody knows.
  if (!node.known_dead) Detect(part);
  node.alive = true;
  node.known_dead = false;
  ++node.generation;
  node.finished = 0;
  router_.SetAvailable(part, true, now_s_);
  // Whoever was cut off may have a way again, also several stages up.
  for (int sender = 0; sender < network_.parts(); ++sender) {
    if (!At(sender).parked.empty()) Unpark(sender);
  }
}

void Simulator::Unpark(int part) {
  TaskList parked = At(part).parked;
  At(part).parked = TaskList{};
  while (!parked.empty()) {
    const std::uint32_t index = parked.TakeFirst(tasks_);
    --parked_;
    Send(part, index);
  }
}

}  // namespace offramp
