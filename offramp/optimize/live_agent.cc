#include "offramp/optimize/live_agent.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "offramp/base/units.h"

namespace offramp {

namespace {

// Without tasks a round changes nothing: it only keeps the neighbours' messages fresh.
constexpr double kIdleRate_per_s = 0.01;
constexpr int kIdlePeriods = 10;
constexpr double kUsualExtra_s = 10;

DtoEeOptions AgentOptions(const LiveAgentOptions& options) {
  DtoEeOptions agent = DtoEeOptions::Live(options.objective.accuracy_weight_s);
  agent.thresholds_move = options.policy == Policy::kDtoEe;
  if (!options.rule.visit_cap) agent.visit_cap_services = 0;
  return agent;
}

bool ExitBefore(const ExitProfile* profile, int stage) {
  for (int h = 1; profile != nullptr && h < stage; ++h) {
    if (profile->has_exit(h)) return true;
  }
  return false;
}

// What a gateway has to steer: nothing under policies that do not follow the weight.
Objective Steered(const LiveAgentOptions& options) {
  if (options.stage == 0 && options.policy == Policy::kDtoEe) return options.objective;
  return {.accuracy_weight_s = options.objective.accuracy_weight_s};
}

}  // namespace

LiveAgent::LiveAgent(const LiveAgentOptions& options, std::shared_ptr<const ExitProfile> profile,
                     const AgentShare* share)
    : options_(options),
      has_exit_(profile != nullptr && options.stage >= 1 && profile->has_exit(options.stage)),
      sees_rows_(options.agent && ExitBefore(profile.get(), options.stage)),
      exit_rule_(options.threshold.value_or(kNeverExit)),
      random_(options.seed),
      last_round_s_(options.start_s),
      inflow_(static_cast<std::size_t>(options.offloaders)),
      flow_(static_cast<std::size_t>(options.receivers)),
      service_(options.expected_service_s),
      congestion_(options.congestion),
      row_mix_(sees_rows_ ? profile : nullptr, std::max(options.stage, 1)),
      weight_s_(options.objective.accuracy_weight_s),
      heard_(options.receivers),
      // It looks at the whole profile; nobody else asks.
      answers_(Steered(options).steers() ? profile : nullptr),
      control_(Steered(options), answers_.best_accuracy()) {
  if (!options.agent) return;
  agent_.emplace(options.stage, options.offloaders, options.receivers, std::move(profile),
                 AgentOptions(options), share);
  if (!options.threshold) exit_rule_.SetThreshold(agent_->threshold());
}

bool LiveAgent::OnArrival(int offloader, std::int64_t rows, double weight_s) {
  tasks_say_.Observe(weight_s, rows);
  arrived_ += rows;
  if (offloader >= 0 && offloader < options_.offloaders) {
    inflow_[static_cast<std::size_t>(offloader)].Count(rows);
  }
  return std::exchange(idle_, false);
}

void LiveAgent::OnRow(std::span<const float> survived) {
  if (sees_rows_) row_mix_.Observe(survived);
}

bool LiveAgent::OnOffered(std::int64_t rows) {
  arrived_ += rows;
  offered_.Count(rows);
  return std::exchange(idle_, false);
}

void LiveAgent::OnWaited(double queue_s) { congestion_.ObserveWait(queue_s); }

void LiveAgent::OnServed(double compute_s, std::int64_t rows) { service_.Observe(compute_s, rows); }

void LiveAgent::OnSurvived(std::int64_t rows) { outflow_.Count(rows); }

void LiveAgent::OnSent(int receiver, std::int64_t rows) {
  flow_[static_cast<std::size_t>(receiver)].Count(rows);
}

void LiveAgent::OnAnswered(int exit_stage, double confidence, double delay_s) {
  if (control_.steers()) answers_.Observe(exit_stage, confidence, delay_s);
}

void LiveAgent::OnAgentMessage(int receiver, const AgentMessage& message) {
  if (agent_->Receive(receiver, message, round_)) {
    heard_.Hear(receiver, message.accuracy_weight_s);
  }
}

double LiveAgent::Threshold(double now_s, const Sender* sender) const {
  if (options_.policy != Policy::kDtoEe || sender == nullptr) return exit_rule_.threshold();
  if (!has_exit_) return kNeverExit;
  if (!options_.rule.queue_aware_exits) return exit_rule_.threshold();
  const double extra_s = sender->ExtraCostOfGoingOn(now_s, options_.row_bytes);
  return exit_rule_.Threshold(extra_s - std::min(usual_extra_s_, 0.0));
}

// The best receiver of the moment is on average cheaper than receivers are on average: a threshold
// that follows the difference as it is would be too high, always. What stays above the average is
// no such bias but a queue that the agent has not seen yet.
void LiveAgent::NoteExtraCost(const Sender& sender) {
  const double extra_s = sender.ExtraCostOfGoingOn(last_round_s_, options_.row_bytes);
  if (!std::isfinite(extra_s)) return;
  usual_extra_s_ += SmoothingWeight(round_period_s_, kUsualExtra_s) * (extra_s - usual_extra_s_);
}

// ---- rounds

void LiveAgent::BeginRound(double now_s, const Sender* sender,
                           std::span<const LiveReceiver> receivers) {
  round_period_s_ = std::max(now_s - std::exchange(last_round_s_, now_s), 1e-3);
  ++round_;
  SteerWeight(round_period_s_);
  agent_->Measure(TakeMeasurement(round_period_s_, sender, receivers));
}

AgentMessage LiveAgent::MessageTo(int offloader) const {
  AgentMessage message = agent_->MessageTo(offloader, round_);
  if (steered_ && message.stage > 0) message.accuracy_weight_s = weight_s_;
  return message;
}

double LiveAgent::EndRound(Sender* sender, std::span<const LiveReceiver> receivers) {
  if (has_exit_ && sender != nullptr && arrived_ > 0) NoteExtraCost(*sender);
  agent_->Update(round_, random_);
  ApplyDecision(sender);
  // The same for every policy: comparisons would be unfair if only one refused at the door.
  if (options_.admission && options_.stage == 0) {
    ControlAdmission(round_period_s_, *sender, receivers);
  }
  idle_ = std::exchange(arrived_, 0) == 0 && RecentArrivals() < kIdleRate_per_s;
  return idle_ ? kIdlePeriods * options_.period_s : options_.period_s;
}

double LiveAgent::RecentArrivals() const {
  if (options_.stage == 0) return outflow_.recent_per_s();
  double sum = 0;
  for (const RateMeter& meter : inflow_) sum += meter.recent_per_s();
  return sum;
}

AgentMeasurement LiveAgent::TakeMeasurement(double period_s, const Sender* sender,
                                            std::span<const LiveReceiver> receivers) {
  const double weight = SmoothingWeight(period_s, 1.0);
  AgentMeasurement measured;
  arrival_rate_per_s_ = 0;
  measured.inflow_per_s.reserve(inflow_.size());
  for (RateMeter& meter : inflow_) {
    measured.inflow_per_s.push_back(meter.Round(period_s));
    arrival_rate_per_s_ += measured.inflow_per_s.back();
  }
  measured.outflow_per_s = outflow_.Round(period_s);
  measured.outflow_leapt = outflow_.leapt();
  offered_.Round(period_s);
  if (options_.stage == 0) arrival_rate_per_s_ = measured.outflow_per_s;
  measured.arrival_rate_per_s = arrival_rate_per_s_;
  measured.service_s = service_.mean_s();
  measured.congestion = congestion_.Round(arrival_rate_per_s_, service_.mean_s(), weight);
  if (!options_.rule.measured_congestion) measured.congestion = options_.congestion;
  measured.row_mix = row_mix_.Round(weight / 2);
  measured.accuracy_weight_s = weight_s_;
  for (std::size_t k = 0; sender != nullptr && k < receivers.size(); ++k) {
    const ReceiverState& receiver = sender->receiver(static_cast<int>(k));
    measured.flow_per_s.push_back(flow_[k].Round(period_s));
    measured.transfer_s.push_back(
        receivers[k].transfer_s >= 0
            ? receivers[k].transfer_s
            : SerializationSeconds(options_.row_bytes, receiver.spec.mbit_per_s) +
                  receiver.spec.latency_s);
    measured.receiver_alive.push_back(receiver.available);
  }
  return measured;
}

void LiveAgent::ApplyDecision(Sender* sender) {
  if (options_.policy != Policy::kDtoEe || sender == nullptr || sender->size() == 0) return;
  sender->Apply(agent_->decision());
  if (!has_exit_) return;
  exit_rule_.SetThreshold(agent_->threshold());
  exit_rule_.SetCurve(agent_->gain_curve());
}

void LiveAgent::SteerWeight(double period_s) {
  if (options_.stage > 0) {
    if (const std::optional<double> said_s = tasks_say_.Round(period_s)) {
      steered_ = true;
      weight_s_ = *said_s;
    }
    return;
  }
  if (!control_.Due(period_s)) return;
  std::vector<double> flows;
  for (const RateMeter& flow : flow_) flows.push_back(flow.rate_per_s());
  weight_s_ = control_.Step(answers_.Take(), heard_.Mean(flows));
}

void LiveAgent::ControlAdmission(double period_s, const Sender& sender,
                                 std::span<const LiveReceiver> receivers) {
  AdmissionInput input;
  input.period_s = period_s;
  input.overloaded = agent_->overloaded();
  input.excess_share = agent_->excess_share();
  input.offered_rate_per_s = offered_.rate_per_s();
  double arrivals_per_s = 0;
  double capacity_per_s = 0;
  int available = 0;
  for (std::size_t k = 0; k < receivers.size(); ++k) {
    const ReceiverState& receiver = sender.receiver(static_cast<int>(k));
    if (!receiver.available || receiver.service_s <= 0) continue;
    const double backlog_s = receivers[k].backlog_s;
    input.backlog_s = available == 0 ? backlog_s : std::min(input.backlog_s, backlog_s);
    input.service_s += receiver.service_s;
    input.service_scv = std::max(input.service_scv, receiver.service_scv);
    arrivals_per_s += receiver.arrival_rate_per_s;
    capacity_per_s += 1 / receiver.service_s;
    ++available;
  }
  if (available > 0) {
    input.service_s /= available;
    input.utilization = arrivals_per_s / capacity_per_s;
    // An exponential window of tau counts like a plain one of 2 tau.
    input.noise = 1 / std::sqrt(std::max(2 * RateMeter::kUsual_s * arrivals_per_s, 1.0));
  }
  admission_ = admission_control_.Round(input);
}

// ---- the start

void LiveAgent::BeginWith(const std::vector<double>& shares, double threshold) {
  agent_->Start(shares, threshold);
}

void LiveAgent::BeginPlannedRound(AgentMeasurement predicted) {
  ++round_;
  agent_->Measure(std::move(predicted));
}

void LiveAgent::EndPlannedRound(Sender* sender) {
  agent_->Update(round_, random_);
  ApplyDecision(sender);
}

}  // namespace offramp
