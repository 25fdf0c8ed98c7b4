#include "offramp/simulate/simulator.h"

#include <algorithm>
#include <utility>

#include "offramp/core/exit_rule.h"

namespace offramp {

namespace {

constexpr std::int64_t kEventsBetweenPauses = 1 << 14;

}  // namespace

Simulator::Simulator(const Scenario& scenario, Network& network, Router& router, Recorder& recorder,
                     Draws draws, SimulatorLimits limits)
    : scenario_(scenario),
      network_(network),
      router_(router),
      recorder_(recorder),
      draws_(draws),
      limits_(std::move(limits)),
      nodes_(static_cast<std::size_t>(network.parts())),
      devices_(scenario.devices.size()),
      link_free_s_(static_cast<std::size_t>(network.link_count())),
      counted_by_link_(static_cast<std::size_t>(network.link_count())),
      stages_(static_cast<std::size_t>(network.stages()) + 1) {
  for (std::size_t i = 0; i < scenario.nodes.size(); ++i) {
    nodes_[devices_.size() + i].service_mean_s = 1 / scenario.ServiceRate(scenario.nodes[i]);
  }
  if (scenario.profile != nullptr) {
    rows_ = scenario.profile->rows();
    for (int h = 1; h <= network.stages(); ++h) {
      StageInfo& stage = stages_[static_cast<std::size_t>(h)];
      const bool last = h == network.stages();
      if (!last && !scenario.profile->has_exit(h)) continue;
      stage.correct = scenario.profile->correct(h).data();
      if (!last) stage.confidence = scenario.profile->confidence(h).data();
    }
  }
  for (std::uint32_t d = 0; d < devices_.size(); ++d) {
    devices_[d].tasks_per_s = scenario.devices[d].tasks_per_s;
    devices_[d].left = draws_.Exponential(DrawStream::kArrival, d, 0);
    ScheduleArrival(d);
  }
  for (std::size_t i = 0; i < scenario.changes.size(); ++i) {
    queue_.Push(scenario.changes[i].at_s, EventKind::kChange, static_cast<std::uint32_t>(i));
  }
  router_.Start(*this);
}

bool Simulator::Over() const {
  if (pending_arrivals_ > 0 || under_way_ > parked_) return false;
  if (next_change_ >= scenario_.changes.size()) return true;
  return parked_ == 0 && scenario_.changes[next_change_].at_s >= limits_.end_s;
}

bool Simulator::Pause() {
  if (limits_.progress) {
    const double done = limits_.tasks >= 0
                            ? static_cast<double>(recorder_.generated()) /
                                  static_cast<double>(std::max<std::int64_t>(limits_.tasks, 1))
                            : now_s_ / limits_.end_s;
    limits_.progress(std::min(done, 1.0));
  }
  return limits_.stop && limits_.stop();
}

bool Simulator::Run() {
  while (!Over() && !queue_.empty()) {
    if (++events_ % kEventsBetweenPauses == 0 && Pause()) {
      limits_.end_s = std::min(limits_.end_s, now_s_);
      return false;
    }
    const Event event = queue_.Pop();
    now_s_ = event.at_s;
    Happen(event);
  }
  for (std::int64_t i = 0; i < parked_; ++i) --under_way_;
  for (SimNode& node : nodes_) {
    while (!node.parked.empty()) {
      if (tasks_[node.parked.TakeFirst(tasks_)].counted) recorder_.OnLost();
    }
  }
  parked_ = 0;
  return true;
}

void Simulator::Happen(const Event& event) {
  const int part = static_cast<int>(event.index);
  switch (event.kind) {
    case EventKind::kArrive:
      if (event.generation == (devices_[event.index].generation & kGenerationMask)) {
        Arrive(event.index);
      }
      break;
    case EventKind::kDeliver:
      if (event.generation == (tasks_[event.index].generation & kGenerationMask)) {
        Deliver(event.index);
      }
      break;
    case EventKind::kDone:
      if (event.generation == (At(part).generation & kGenerationMask)) Done(part);
      break;
    case EventKind::kDetect:
      if (event.generation == (At(part).generation & kGenerationMask)) Detect(part);
      break;
    case EventKind::kReport:
      if (event.generation == (timers_[event.index].report & kGenerationMask)) {
        router_.SendReports(part, now_s_);
      }
      break;
    case EventKind::kRound:
      if (event.generation == (timers_[event.index].round & kGenerationMask)) {
        router_.Round(part, now_s_);
      }
      break;
    case EventKind::kChange:
      next_change_ = event.index + 1;
      Change(scenario_.changes[event.index]);
      break;
  }
}

void Simulator::SetRound(int part, double at_s) {
  if (timers_.empty()) timers_.resize(nodes_.size());
  Timer& timer = timers_[static_cast<std::size_t>(part)];
  queue_.Push(at_s, EventKind::kRound, static_cast<std::uint32_t>(part), ++timer.round);
}

void Simulator::SetReport(int part, double at_s) {
  if (timers_.empty()) timers_.resize(nodes_.size());
  Timer& timer = timers_[static_cast<std::size_t>(part)];
  queue_.Push(at_s, EventKind::kReport, static_cast<std::uint32_t>(part), ++timer.report);
}

// ---- arrivals

void Simulator::ScheduleArrival(std::uint32_t index) {
  Device& device = devices_[index];
  ++device.generation;
  device.since_s = now_s_;
  if (std::exchange(device.pending, false)) --pending_arrivals_;
  if (!(device.tasks_per_s > 0)) return;
  const double at_s = now_s_ + device.left / device.tasks_per_s;
  if (!(at_s < limits_.end_s)) return;
  device.pending = true;
  ++pending_arrivals_;
  queue_.Push(at_s, EventKind::kArrive, index, device.generation);
}

void Simulator::Arrive(std::uint32_t index) {
  Device& device = devices_[index];
  const std::uint32_t task = NewTask(index);
  device.left = draws_.Exponential(DrawStream::kArrival, index, ++device.arrivals);
  ScheduleArrival(index);
  if (limits_.tasks >= 0 && recorder_.generated() >= limits_.tasks) {
    limits_.end_s = now_s_;
    pending_arrivals_ = 0;
    for (Device& other : devices_) {
      other.pending = false;
      ++other.generation;
    }
  }
  if (!router_.Admit(tasks_[task], now_s_)) {
    if (tasks_[task].counted) recorder_.OnRefused();
    Free(task);
    return;
  }
  Send(static_cast<int>(index), task);
}

std::uint32_t Simulator::NewTask(std::uint32_t device) {
  std::uint32_t index = free_;
  if (index != kNoTask) {
    free_ = tasks_[index].next;
  } else {
    index = static_cast<std::uint32_t>(tasks_.size());
    tasks_.emplace_back();
  }
  const std::int64_t number = arrived_++;
  SimTask& task = tasks_[index];
  const std::uint32_t generation = task.generation + 1;
  task = SimTask{};
  task.generation = generation;
  task.arrival_s = now_s_;
  task.number = static_cast<std::uint32_t>(number);
  task.row = static_cast<std::uint32_t>(
      rows_ > 1 ? draws_.Below(rows_, DrawStream::kRow, static_cast<std::uint64_t>(number)) : 0);
  task.device = device;
  task.counted = now_s_ >= limits_.warmup_s;
  if (task.counted) {
    if (first_counted_ < 0) first_counted_ = number;
    recorder_.OnArrival();
  }
  ++under_way_;
  return index;
}

void Simulator::Free(std::uint32_t index) {
  SimTask& task = tasks_[index];
  task.state = SimTask::State::kFree;
  task.next = free_;
  free_ = index;
  --under_way_;
}

// ---- the way of a task

void Simulator::Send(int part, std::uint32_t index) {
  const int chosen = router_.Choose(part, tasks_[index], index, now_s_);
  SimTask& task = tasks_[index];
  if (chosen == Router::kNone) {
    task.state = SimTask::State::kParked;
    At(part).parked.Append(tasks_, index);
    ++parked_;
    return;
  }
  const NetworkLink& link = network_.link(chosen);
  double delivered_s = now_s_ + link.serialize_s + link.latency_s;
  if (link.queue) {
    double& free_s = link_free_s_[static_cast<std::size_t>(chosen)];
    free_s = std::max(free_s, now_s_) + link.serialize_s;
    delivered_s = free_s + link.latency_s;
  }
  task.link = static_cast<std::uint32_t>(chosen);
  task.sent_s = now_s_;
  task.state = SimTask::State::kUnderWay;
  if (task.counted) ++counted_by_link_[static_cast<std::size_t>(chosen)];
  router_.OnSent(chosen, now_s_);
  queue_.Push(delivered_s, EventKind::kDeliver, index, task.generation);
}

void Simulator::Deliver(std::uint32_t index) {
  SimTask& task = tasks_[index];
  const int part = static_cast<int>(network_.link(static_cast<int>(task.link)).to);
  SimNode& node = At(part);
  task.state = SimTask::State::kAtNode;
  ++task.stage;
  task.entered_s = now_s_;
  node.queue.Append(tasks_, index);
  if (!node.alive) return;  // nobody knows yet
  router_.OnDelivered(task, index, now_s_);
  if (task.counted) {
    node.CountChange(now_s_, 1);
    ++node.arrivals;
  }
  if (node.running) {
    ++node.waiting;
  } else {
    StartNext(part);
  }
}

double Simulator::Work(const SimTask& task) const {
  switch (scenario_.service) {
    case ServiceLaw::kExponential:
      return draws_.Exponential(DrawStream::kService, task.number, task.stage);
    case ServiceLaw::kMeasured:
      if (scenario_.service_histogram) {
        return scenario_.service_histogram->At(
            draws_.Uniform(DrawStream::kService, task.number, task.stage));
      }
      break;
    case ServiceLaw::kDeterministic:
      break;
  }
  return 1;
}

void Simulator::StartNext(int part) {
  SimNode& node = At(part);
  node.running = true;
  node.started_s = node.speed_since_s = now_s_;
  node.work = Work(tasks_[node.queue.head]);
  queue_.Push(now_s_ + node.work * node.service_mean_s, EventKind::kDone,
              static_cast<std::uint32_t>(part), ++node.generation);
}

void Simulator::Done(int part) {
  SimNode& node = At(part);
  const std::uint32_t index = node.queue.TakeFirst(tasks_);
  SimTask& task = tasks_[index];
  node.running = false;
  ++node.finished;
  if (task.counted) {
    node.CountChange(now_s_, -1);
    node.sojourn_task_s += now_s_ - task.entered_s;
    node.busy_s += now_s_ - node.started_s;
  }
  router_.OnServed(part, node.started_s - task.entered_s, now_s_ - node.started_s);
  const int link = static_cast<int>(task.link);
  const double sent_s = task.sent_s;
  const double entered_s = task.entered_s;
  Decide(part, index);
  router_.OnStageDone(link, sent_s, entered_s, now_s_);
  if (!node.queue.empty()) {
    --node.waiting;
    StartNext(part);
  }
}

void Simulator::Decide(int part, std::uint32_t index) {
  SimTask& task = tasks_[index];
  const int stage = task.stage;
  if (stage == network_.stages()) {
    Answer(index, stage, 1);
    return;
  }
  double threshold = kNeverExit;
  if (const float* confidence = stages_[static_cast<std::size_t>(stage)].confidence) {
    threshold = router_.Threshold(part, task, now_s_);
    if (task.counted) recorder_.OnThreshold(task.arrival_s, threshold);
    // As floats: a threshold written like a confidence must meet it.
    if (confidence[task.row] >= static_cast<float>(threshold)) {
      Answer(index, stage, static_cast<double>(confidence[task.row]));
      return;
    }
  }
  router_.OnSurvived(part, index, threshold);
  Send(part, index);
}

void Simulator::Answer(std::uint32_t index, int stage, double confidence) {
  const SimTask& task = tasks_[index];
  const double delay_s = now_s_ - task.arrival_s;
  if (task.counted) {
    const float* correct = stages_[static_cast<std::size_t>(stage)].correct;
    recorder_.OnAnswered(task.number - first_counted_, task.arrival_s, delay_s, stage,
                         correct != nullptr ? static_cast<double>(correct[task.row]) : 0.0);
  }
  router_.OnAnswered(task, index, stage, confidence, delay_s);
  Free(index);
}

}  // namespace offramp
