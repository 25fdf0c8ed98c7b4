#include "offramp/simulate/live_part.h"

#include <algorithm>
#include <utility>

namespace offramp {

namespace {

// Without tasks a round changes nothing: it only keeps the neighbours' messages fresh.
constexpr double kIdleRate_per_s = 0.01;
constexpr double kTransferWeight = 0.1;  // of a new transfer time in the average
constexpr double kLongAgo_s = -1e9;

DtoEeOptions AgentOptions(const LivePartOptions& options) {
  DtoEeOptions agent = DtoEeOptions::Live(options.objective.accuracy_weight_s);
  agent.thresholds_move = options.policy == Policy::kDtoEe;
  return agent;
}

bool ExitBefore(const ExitProfile* profile, int stage) {
  for (int h = 1; profile != nullptr && h < stage; ++h) {
    if (profile->has_exit(h)) return true;
  }
  return false;
}

Objective Steered(const LivePartOptions& options) {
  if (options.stage == 0 && options.policy == Policy::kDtoEe) return options.objective;
  return {.accuracy_weight_s = options.objective.accuracy_weight_s};
}

}  // namespace

LivePart::LivePart(const LivePartOptions& options, std::vector<ReceiverSpec> receivers,
                   std::shared_ptr<const ExitProfile> profile, const AgentShare* share)
    : options_(options),
      has_exit_(profile != nullptr && options.stage >= 1 && profile->has_exit(options.stage)),
      sees_rows_(options.agent && ExitBefore(profile.get(), options.stage)),
      sender_(options.policy, std::move(receivers), options.seed),
      exit_rule_(options.threshold),
      random_(options.seed),
      last_round_s_(options.start_s),
      inflow_(static_cast<std::size_t>(options.offloaders)),
      flow_(static_cast<std::size_t>(sender_.size())),
      transfer_s_(flow_.size(), -1.0),
      backlog_s_(flow_.size(), 0.0),
      service_(options.expected_service_s),
      congestion_(options.congestion),
      row_mix_(sees_rows_ ? profile : nullptr, std::max(options.stage, 1)),
      received_(inflow_.size()),
      last_arrival_s_(kLongAgo_s),
      last_report_s_(kLongAgo_s),
      weight_s_(options.objective.accuracy_weight_s),
      heard_(sender_.size()),
      // It looks at the whole profile; nobody else asks.
      answers_(Steered(options).steers() ? profile : nullptr),
      control_(Steered(options), answers_.best_accuracy()) {
  if (!options.agent) return;
  agent_.emplace(options.stage, options.offloaders, sender_.size(), std::move(profile),
                 AgentOptions(options), share);
}

bool LivePart::OnArrival(int offloader, std::span<const float> survived, double weight_s,
                         double now_s) {
  last_arrival_s_ = now_s;
  tasks_say_.Observe(weight_s, 1);
  ++arrived_;
  inflow_[static_cast<std::size_t>(offloader)].Count();
  ++received_[static_cast<std::size_t>(offloader)];
  if (sees_rows_) row_mix_.Observe(survived);
  return std::exchange(idle_, false);
}

bool LivePart::OnOffered() {
  ++arrived_;
  offered_.Count();
  return std::exchange(idle_, false);
}

void LivePart::OnServed(double waited_s, double service_s) {
  service_.Observe(service_s);
  congestion_.ObserveWait(waited_s);
}

void LivePart::OnSent(int receiver, double now_s) {
  flow_[static_cast<std::size_t>(receiver)].Count();
  sender_.OnSent(receiver, now_s, options_.row_bytes, 1);
}

void LivePart::OnStageDone(int receiver, double sent_s, double transfer_s, double now_s) {
  double& mean_s = transfer_s_[static_cast<std::size_t>(receiver)];
  mean_s = mean_s < 0 ? transfer_s : mean_s + kTransferWeight * (transfer_s - mean_s);
  sender_.OnStageDone(receiver, now_s, sent_s, 1);
}

void LivePart::OnAnswered(int exit_stage, double confidence, double delay_s) {
  if (control_.steers()) answers_.Observe(exit_stage, confidence, delay_s);
}

void LivePart::OnAgentMessage(int receiver, const AgentMessage& message) {
  if (agent_->Receive(receiver, message, round_)) {
    heard_.Hear(receiver, message.accuracy_weight_s);
  }
}

void LivePart::OnReport(int receiver, const Report& report, double now_s) {
  backlog_s_[static_cast<std::size_t>(receiver)] = report.backlog_s;
  sender_.OnReport(receiver, now_s, report);
}

double LivePart::Threshold(double now_s) const {
  if (options_.policy != Policy::kDtoEe) return exit_rule_.threshold();
  if (!has_exit_) return kNeverExit;
  return exit_rule_.Threshold(sender_.ExtraCostOfGoingOn(now_s, options_.row_bytes));
}

// ---- rounds

void LivePart::BeginRound(double now_s) {
  period_s_ = std::max(now_s - std::exchange(last_round_s_, now_s), 1e-3);
  ++round_;
  SteerWeight(period_s_);
  agent_->Measure(TakeMeasurement(period_s_));
}

AgentMessage LivePart::MessageTo(int offloader) const {
  AgentMessage message = agent_->MessageTo(offloader, round_);
  if (steered_ && message.stage > 0) message.accuracy_weight_s = weight_s_;
  return message;
}

double LivePart::EndRound() {
  agent_->Update(round_, random_);
  ApplyDecision();
  if (options_.admission && options_.stage == 0) ControlAdmission(period_s_);
  idle_ = std::exchange(arrived_, 0) == 0 && arrival_rate_per_s_ < kIdleRate_per_s;
  return idle_ ? kIdlePeriods * options_.period_s : options_.period_s;
}

AgentMeasurement LivePart::TakeMeasurement(double period_s) {
  const double weight = SmoothingWeight(period_s, 1.0);
  AgentMeasurement measured;
  arrival_rate_per_s_ = 0;
  measured.inflow_per_s.reserve(inflow_.size());
  for (RateMeter& meter : inflow_) {
    measured.inflow_per_s.push_back(meter.Round(period_s));
    arrival_rate_per_s_ += measured.inflow_per_s.back();
  }
  measured.outflow_per_s = outflow_.Round(period_s);
  offered_.Round(period_s);
  if (options_.stage == 0) arrival_rate_per_s_ = measured.outflow_per_s;
  measured.arrival_rate_per_s = arrival_rate_per_s_;
  measured.service_s = service_.mean_s();
  measured.congestion = congestion_.Round(arrival_rate_per_s_, service_.mean_s(), weight);
  measured.row_mix = row_mix_.Round(weight / 2);
  measured.accuracy_weight_s = weight_s_;
  for (int k = 0; k < sender_.size(); ++k) {
    const auto index = static_cast<std::size_t>(k);
    const ReceiverSpec& spec = sender_.receiver(k).spec;
    measured.flow_per_s.push_back(flow_[index].Round(period_s));
    measured.transfer_s.push_back(transfer_s_[index] >= 0
                                      ? transfer_s_[index]
                                      : SerializationSeconds(options_.row_bytes, spec.mbit_per_s) +
                                            spec.latency_s);
    measured.receiver_alive.push_back(sender_.receiver(k).available);
  }
  return measured;
}

void LivePart::ApplyDecision() {
  if (options_.policy != Policy::kDtoEe || sender_.size() == 0) return;
  sender_.Apply(agent_->decision());
  if (!has_exit_) return;
  exit_rule_.SetThreshold(agent_->threshold());
  exit_rule_.SetCurve(agent_->gain_curve());
}

void LivePart::SteerWeight(double period_s) {
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

void LivePart::ControlAdmission(double period_s) {
  AdmissionInput input;
  input.period_s = period_s;
  input.overloaded = agent_->overloaded();
  input.excess_share = agent_->excess_share();
  input.offered_rate_per_s = offered_.rate_per_s();
  double arrivals_per_s = 0;
  double capacity_per_s = 0;
  int available = 0;
  for (int k = 0; k < sender_.size(); ++k) {
    const ReceiverState& receiver = sender_.receiver(k);
    if (!receiver.available || receiver.service_s <= 0) continue;
    const double backlog_s = backlog_s_[static_cast<std::size_t>(k)];
    input.backlog_s = available == 0 ? backlog_s : std::min(input.backlog_s, backlog_s);
    input.service_s += receiver.service_s;
    arrivals_per_s += receiver.arrival_rate_per_s;
    capacity_per_s += 1 / receiver.service_s;
    ++available;
  }
  if (available > 0) {
    input.service_s /= available;
    input.utilization = arrivals_per_s / capacity_per_s;
  }
  admission_ = admission_control_.Round(input);
}

// ---- reports

Report LivePart::MakeReport(int offloader, const SimNode& node, double now_s) const {
  Report report;
  report.service_s = service_.mean_s();
  report.service_scv = service_.scv();
  report.arrival_rate_per_s = arrival_rate_per_s_;
  report.queued_tasks = static_cast<std::int64_t>(node.waiting) + (node.running ? 1 : 0);
  report.backlog_s = node.waiting * report.service_s;
  if (node.running) {
    report.backlog_s += std::max(node.started_s + report.service_s - now_s, 0.0);
  }
  report.received_tasks = received_[static_cast<std::size_t>(offloader)];
  report.finished_tasks = node.finished;
  return report;
}

bool LivePart::ReportsDue(bool held, double now_s) {
  const bool active = held || now_s - last_arrival_s_ < 5 * kActiveReport_s;
  if (!active && now_s - last_report_s_ < kIdleReport_s) return false;
  last_report_s_ = now_s;
  return true;
}

double LivePart::NextReport(bool held, double now_s) const {
  const bool active = held || now_s - last_arrival_s_ < 5 * kActiveReport_s;
  return now_s + (active ? kActiveReport_s : kReportCheck_s);
}

// ---- the start

void LivePart::BeginWith(const std::vector<double>& shares, double threshold) {
  agent_->Start(shares, threshold);
}

void LivePart::BeginPlannedRound(AgentMeasurement predicted) {
  ++round_;
  agent_->Measure(std::move(predicted));
}

void LivePart::EndPlannedRound() {
  agent_->Update(round_, random_);
  ApplyDecision();
}

}  // namespace offramp
