#include "offramp/simulate/live_router.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "offramp/optimize/reliability.h"

namespace offramp {

LiveRouter::LiveRouter(const Scenario& scenario, const Network& network,
                       const SimulateOptions& options, const Problem& problem,
                       const StartStrategy& start, Network::Flat flat, Draws draws)
    : scenario_(scenario),
      network_(network),
      policy_(options.policy),
      admission_(options.admission),
      rule_(options.rule),
      agents_(admission_ || policy_ == Policy::kDtoEe),
      flat_(std::move(flat)),
      draws_(draws),
      objective_(scenario.objective),
      known_(scenario.profile_is_sample ? WithExpectedCorrectness(scenario.profile)
                                        : scenario.profile),
      alive_(static_cast<std::size_t>(network.parts()), true),
      reaches_(alive_.size(), true),
      exits_before_(static_cast<std::size_t>(network.stages()) + 1, 0),
      stages_(static_cast<std::size_t>(network.stages())),
      held_(alive_.size(), 0) {
  objective_.accuracy_weight_s = start.accuracy_weight_s;
  for (int h = 1; h < network.stages(); ++h) {
    const bool exit = scenario.profile != nullptr && scenario.profile->has_exit(h);
    exits_ += exit ? 1 : 0;
    exits_before_[static_cast<std::size_t>(h) + 1] = static_cast<int>(exits_);
  }
  if (agents_) share_.emplace(known_.get());
  parts_.reserve(alive_.size());
  for (int part = 0; part < network.parts(); ++part)
    parts_.push_back(MakePart(part, FirstStart(part)));
  for (LivePart& part : parts_) {
    for (int k = 0; k < part.sender().size(); ++k) part.sender().SetAvailable(k, true, 0);
  }
  if (policy_ == Policy::kDtoEe && !options.cold) Prime(problem);
}

LivePart LiveRouter::MakePart(int part, double start_s) const {
  LiveAgentOptions options;
  options.policy = policy_;
  options.start_s = start_s;
  options.agent = agents_;
  options.admission = admission_;
  options.rule = rule_;
  options.stage = network_.stage(part);
  options.offloaders = static_cast<int>(network_.in_links(part).size());
  options.period_s = scenario_.period_s;
  options.objective = objective_;
  options.threshold = flat_.threshold[static_cast<std::size_t>(part)];
  options.seed = draws_.Bits(DrawStream::kPolicy, static_cast<std::uint64_t>(part));
  options.congestion = scenario_.congestion();
  if (options.stage > 0) {
    const auto index = static_cast<std::size_t>(part - network_.devices());
    options.expected_service_s = 1 / scenario_.ServiceRate(scenario_.nodes[index]);
  }
  options.receivers = network_.out_count(part);
  std::vector<ReceiverSpec> receivers;
  for (int l = network_.first_out(part); l < network_.first_out(part + 1); ++l) {
    const NetworkLink& link = network_.link(l);
    const auto to = static_cast<std::size_t>(link.to) - scenario_.devices.size();
    options.row_bytes = link.bytes;
    // A link without queue is a latency to its sender: nothing waits for what goes before.
    receivers.push_back({.name = scenario_.nodes[to].name,
                         .capacity_tasks_per_s = scenario_.ServiceRate(scenario_.nodes[to]),
                         .mbit_per_s = link.queue ? link.mbit_per_s : 0,
                         .latency_s = link.latency_s + (link.queue ? 0 : link.serialize_s)});
  }
  return LivePart(options, std::move(receivers), known_, share_ ? &*share_ : nullptr);
}

void LiveRouter::Start(RouterClock& clock) {
  clock_ = &clock;
  for (int part = 0; part < network_.parts(); ++part) Wake(part, FirstStart(part));
}

// Parts have started one after the other within the last period: their timers do not march in step.
double LiveRouter::FirstStart(int part) const {
  return -scenario_.period_s * draws_.Uniform(DrawStream::kPhase, static_cast<std::uint64_t>(part));
}

// A process sets both timers when it starts.
void LiveRouter::Wake(int part, double start_s) {
  if (!agents_) return;
  clock_->SetRound(part, start_s + scenario_.period_s);
  if (!rule_.reports || network_.stage(part) == 0) return;
  double at_s = start_s + LivePart::kReportCheck_s;
  while (at_s < 0) at_s += LivePart::kReportCheck_s;
  clock_->SetReport(part, at_s);
}

// ---- decisions

bool LiveRouter::Admit(SimTask& task, double now_s) {
  const int part = static_cast<int>(task.device);
  LivePart& device = At(part);
  if (device.OnOffered() && agents_) clock_->SetRound(part, now_s + scenario_.period_s);
  const double admitted = device.admitted_fraction();
  if (admitted < 1 && draws_.Uniform(DrawStream::kAdmission, task.number) >= admitted) {
    return false;
  }
  device.OnSurvived();
  task.weight_s = static_cast<float>(device.carried_weight_s());
  return true;
}

int LiveRouter::Choose(int part, const SimTask& task, std::uint32_t /*index*/, double now_s) {
  const int begin = network_.first_out(part);
  const int count = network_.out_count(part);
  LivePart& from = At(part);
  bool any = false;
  excluded_.assign(static_cast<std::size_t>(count), false);
  const int lost_by = task.resends > 0 ? static_cast<int>(task.link) - begin : -1;
  for (int k = 0; k < count; ++k) {
    const bool reaches = reaches_[network_.link(begin + k).to];
    excluded_[static_cast<std::size_t>(k)] = !reaches || k == lost_by;
    any |= reaches && from.sender().receiver(k).available;
  }
  if (!any) return kNone;
  const int slot = from.sender().Choose(now_s, network_.link(begin).bytes, excluded_);
  return slot == Sender::kNone ? kNone : begin + slot;
}

double LiveRouter::Threshold(int part, const SimTask& /*task*/, double now_s) {
  return At(part).Threshold(now_s);
}

void LiveRouter::OnSurvived(int part, std::uint32_t index, double threshold) {
  const int stage = network_.stage(part);
  const auto before = static_cast<std::size_t>(exits_before_[static_cast<std::size_t>(stage)]);
  const auto with = static_cast<std::size_t>(exits_before_[static_cast<std::size_t>(stage) + 1]);
  if (with > before) {
    const std::size_t place = index * exits_ + before;
    if (place >= survived_.size()) survived_.resize((index + 1) * exits_);
    survived_[place] = static_cast<float>(threshold);
  }
  At(part).OnSurvived();
}

// ---- what happens

void LiveRouter::OnSent(int link, double now_s) {
  At(static_cast<int>(network_.link(link).from)).OnSent(SlotOf(link), now_s);
}

void LiveRouter::OnDelivered(const SimTask& task, std::uint32_t index, double now_s) {
  const NetworkLink& link = network_.link(static_cast<int>(task.link));
  const auto passed = static_cast<std::size_t>(exits_before_[task.stage]);
  const int part = static_cast<int>(link.to);
  const std::size_t place = index * stages_ + task.stage - 1;
  if (place >= passed_.size()) passed_.resize((index + 1) * stages_);
  passed_[place] = link.to;
  ++held_[link.to];
  std::span<const float> survived;
  if (passed > 0) survived = std::span<const float>(survived_).subspan(index * exits_, passed);
  if (At(part).OnArrival(static_cast<int>(link.in_slot), survived,
                         static_cast<double>(task.weight_s), now_s)) {
    clock_->SetRound(part, now_s + scenario_.period_s);
  }
}

void LiveRouter::OnServed(int part, double waited_s, double service_s) {
  At(part).OnServed(waited_s, service_s);
}

void LiveRouter::OnStageDone(int link, double sent_s, double entered_s, double now_s) {
  const NetworkLink& by = network_.link(link);
  const int part = static_cast<int>(by.to);
  LivePart& from = At(static_cast<int>(by.from));
  const int slot = SlotOf(link);
  from.OnStageDone(slot, sent_s, entered_s - sent_s, now_s);
  from.OnReport(slot, At(part).MakeReport(static_cast<int>(by.in_slot), clock_->node(part), now_s),
                now_s);
}

void LiveRouter::OnFailed(int link, double sent_s, double now_s) {
  At(static_cast<int>(network_.link(link).from)).sender().OnFailed(SlotOf(link), now_s, sent_s, 1);
}

void LiveRouter::OnAnswered(const SimTask& task, std::uint32_t index, int stage, double confidence,
                            double delay_s) {
  At(static_cast<int>(task.device)).OnAnswered(stage, confidence, delay_s);
  LetGo(index, stage);
}

void LiveRouter::OnLost(const SimTask& task, std::uint32_t index) { LetGo(index, task.stage); }

// The answer has come back through all of them.
void LiveRouter::LetGo(std::uint32_t index, int stages) {
  for (int h = 0; h < stages; ++h) {
    int& held = held_[passed_[index * stages_ + static_cast<std::size_t>(h)]];
    held = std::max(held - 1, 0);  // one that died since has forgotten what it held
  }
}

void LiveRouter::Connect(int link, double now_s) {
  const NetworkLink& by = network_.link(link);
  LivePart& from = At(static_cast<int>(by.from));
  Sender& sender = from.sender();
  const int slot = SlotOf(link);
  sender.OnConnected(slot, now_s);
  if (!alive_[by.to]) return;
  from.OnReport(
      slot,
      At(static_cast<int>(by.to))
          .MakeReport(static_cast<int>(by.in_slot), clock_->node(static_cast<int>(by.to)), now_s),
      now_s);
  sender.SetAvailable(slot, true, now_s);
}

void LiveRouter::SetAvailable(int part, bool available, double now_s) {
  alive_[static_cast<std::size_t>(part)] = available;
  if (available) {
    // A new process: it has measured nothing, and knows its neighbours by connecting to them.
    std::destroy_at(&At(part));
    std::construct_at(&At(part), MakePart(part, now_s));
    held_[static_cast<std::size_t>(part)] = 0;
    for (int l = network_.first_out(part); l < network_.first_out(part + 1); ++l) {
      At(static_cast<int>(network_.link(l).to)).Forget(static_cast<int>(network_.link(l).in_slot));
      Connect(l, now_s);
    }
    for (const int l : network_.in_links(part)) {
      if (alive_[network_.link(l).from]) Connect(l, now_s);
    }
    Wake(part, now_s);
  } else {
    for (const int l : network_.in_links(part)) {
      At(static_cast<int>(network_.link(l).from)).sender().SetAvailable(SlotOf(l), false, now_s);
    }
  }
  UpdateReach(part);
}

void LiveRouter::UpdateReach(int part) {
  bool reaches = alive_[static_cast<std::size_t>(part)];
  if (reaches && network_.stage(part) < network_.stages()) {
    reaches = false;
    for (int l = network_.first_out(part); l < network_.first_out(part + 1); ++l) {
      reaches |= reaches_[network_.link(l).to];
    }
  }
  if (reaches == reaches_[static_cast<std::size_t>(part)]) return;
  reaches_[static_cast<std::size_t>(part)] = reaches;
  for (const int l : network_.in_links(part)) {
    UpdateReach(static_cast<int>(network_.link(l).from));
  }
}

// A link's own sender sees at once how fast its bytes leave.
void LiveRouter::OnLinkChanged(int index) {
  const NetworkLink& link = network_.link(index);
  At(static_cast<int>(link.from))
      .sender()
      .SetLink(SlotOf(index), link.queue ? link.mbit_per_s : 0,
               link.latency_s + (link.queue ? 0 : link.serialize_s));
}

void LiveRouter::Round(int part, double now_s) {
  if (!clock_->node(part).alive) return;
  LivePart& at = At(part);
  at.BeginRound(now_s);
  const std::span<const int> in = network_.in_links(part);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const AgentMessage message = at.MessageTo(static_cast<int>(i));
    if (message.stage == 0) continue;
    At(static_cast<int>(network_.link(in[i]).from)).OnAgentMessage(SlotOf(in[i]), message);
  }
  clock_->SetRound(part, now_s + at.EndRound());
}

void LiveRouter::SendReports(int part, double now_s) {
  const SimNode& node = clock_->node(part);
  if (!node.alive) return;
  LivePart& at = At(part);
  const bool held = held_[static_cast<std::size_t>(part)] > 0;
  if (at.ReportsDue(held, now_s)) {
    const std::span<const int> in = network_.in_links(part);
    for (std::size_t i = 0; i < in.size(); ++i) {
      At(static_cast<int>(network_.link(in[i]).from))
          .OnReport(SlotOf(in[i]), at.MakeReport(static_cast<int>(i), node, now_s), now_s);
    }
  }
  clock_->SetReport(part, at.NextReport(held, now_s));
}

bool LiveRouter::objective_met() const {
  return std::all_of(parts_.begin(), parts_.begin() + network_.devices(),
                     [](const LivePart& device) { return device.objective().met(); });
}

double LiveRouter::accuracy_weight_s(double /*objective_s*/) const {
  double sum_s = 0;
  for (int d = 0; d < network_.devices(); ++d) sum_s += part(d).accuracy_weight_s();
  return sum_s / network_.devices();
}

}  // namespace offramp
