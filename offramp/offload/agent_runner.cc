#include "offramp/offload/agent_runner.h"

#include <algorithm>
#include <utility>

#include "offramp/base/units.h"
#include "offramp/optimize/reliability.h"

namespace offramp {

namespace {

// Without tasks a round changes nothing: it only keeps the neighbours' messages fresh.
constexpr double kIdleRatePerS = 0.01;
constexpr int kIdlePeriods = 10;

DtoEeOptions AgentOptions(const AgentRunnerOptions& options) {
  DtoEeOptions agent = DtoEeOptions::Live(options.objective.accuracy_weight_s);
  agent.thresholds_move = options.policy == Policy::kDtoEe;
  return agent;
}

// What a gateway has to steer: nothing under policies that do not follow the weight.
Objective Steered(const AgentRunnerOptions& options) {
  if (options.stage == 0 && options.policy == Policy::kDtoEe) return options.objective;
  return {.accuracy_weight_s = options.objective.accuracy_weight_s};
}

}  // namespace

AgentRunner::AgentRunner(AgentRunnerOptions options, std::shared_ptr<const ExitProfile> rows,
                         EventLoop& loop)
    : AgentRunner(std::move(options), loop, WithExpectedCorrectness(std::move(rows))) {}

AgentRunner::AgentRunner(AgentRunnerOptions options, EventLoop& loop,
                         std::shared_ptr<const ExitProfile> profile)
    : options_(options),
      has_exit_(profile != nullptr && options.stage >= 1 && profile->has_exit(options.stage)),
      loop_(loop),
      agent_(options.stage, options.offloaders, options.receivers, profile, AgentOptions(options)),
      exit_rule_(options.policy == Policy::kDtoEe ? agent_.threshold() : options.fixed_threshold),
      random_(options.seed),
      inflow_(static_cast<std::size_t>(options.offloaders)),
      flow_(static_cast<std::size_t>(options.receivers)),
      sent_before_(static_cast<std::size_t>(options.receivers), 0),
      service_(options.expected_service_s),
      row_mix_(options.stage >= 1 ? profile : nullptr, std::max(options.stage, 1)),
      weight_s_(options.objective.accuracy_weight_s),
      heard_(options.receivers),
      answers_(options.stage == 0 ? profile : nullptr),
      control_(Steered(options), answers_.best_accuracy()) {}

AgentRunner::~AgentRunner() { loop_.Cancel(timer_); }

void AgentRunner::Start(OffloaderSessions* sessions, Forwarder* forwarder) {
  sessions_ = sessions;
  forwarder_ = forwarder;
  last_round_s_ = loop_.NowSeconds();
  Schedule(options_.period_s);
}

void AgentRunner::Schedule(double in_s) {
  loop_.Cancel(timer_);
  timer_ = loop_.RunAt(loop_.NowSeconds() + in_s, [this] {
    timer_ = 0;
    Round();
  });
}

void AgentRunner::OnArrival(int offloader, std::span<const TaskRow> rows, double weight_s) {
  tasks_say_.Observe(weight_s, static_cast<std::int64_t>(rows.size()));
  arrived_ += static_cast<std::int64_t>(rows.size());
  if (offloader >= 0 && offloader < static_cast<int>(inflow_.size())) {
    inflow_[static_cast<std::size_t>(offloader)].Count(static_cast<std::int64_t>(rows.size()));
  }
  for (const TaskRow& row : rows) row_mix_.Observe(row.survived);
  if (std::exchange(idle_, false)) Schedule(options_.period_s);
}

void AgentRunner::OnWaited(double queue_s) { congestion_.ObserveWait(queue_s); }

void AgentRunner::OnServed(double compute_s, std::int64_t rows) {
  service_.Observe(compute_s, rows);
}

void AgentRunner::OnSurvived(std::int64_t rows) { outflow_.Count(rows); }

void AgentRunner::OnOffered(std::int64_t rows) {
  arrived_ += rows;
  offered_.Count(rows);
  if (std::exchange(idle_, false)) Schedule(options_.period_s);
}

void AgentRunner::OnAgentMessage(int receiver, const AgentMessage& message) {
  if (agent_.Receive(receiver, message, round_)) {
    heard_.Hear(receiver, message.accuracy_weight_s);
  }
}

void AgentRunner::OnAnswered(int exit_stage, double confidence, double delay_s) {
  if (control_.steers()) answers_.Observe(exit_stage, confidence, delay_s);
}

double AgentRunner::Threshold(double now_s) const {
  if (options_.policy != Policy::kDtoEe || forwarder_ == nullptr) return exit_rule_.threshold();
  if (!has_exit_) return kNeverExit;
  return exit_rule_.Threshold(forwarder_->sender().ExtraCostOfGoingOn(now_s, options_.row_bytes));
}

AgentMeasurement AgentRunner::TakeMeasurement(double period_s) {
  const double weight = SmoothingWeight(period_s, 1.0);
  AgentMeasurement measured;
  arrival_rate_per_s_ = 0;
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
  if (forwarder_ == nullptr) return measured;
  const Sender& sender = forwarder_->sender();
  for (int k = 0; k < sender.size(); ++k) {
    const auto index = static_cast<std::size_t>(k);
    const ReceiverMetrics& metrics = forwarder_->metrics(k);
    const ReceiverSpec& spec = sender.receiver(k).spec;
    const std::uint64_t sent = metrics.sent_rows;
    flow_[index].Count(static_cast<std::int64_t>(sent - std::exchange(sent_before_[index], sent)));
    measured.flow_per_s.push_back(flow_[index].Round(period_s));
    measured.transfer_s.push_back(metrics.transfer_known
                                      ? metrics.transfer_s
                                      : SerializationSeconds(options_.row_bytes, spec.mbit_per_s) +
                                            spec.latency_s);
    measured.receiver_alive.push_back(sender.receiver(k).available);
  }
  return measured;
}

void AgentRunner::Round() {
  const double now_s = loop_.NowSeconds();
  const double period_s = std::max(now_s - std::exchange(last_round_s_, now_s), 1e-3);
  ++round_;
  SteerWeight(period_s);
  agent_.Measure(TakeMeasurement(period_s));
  TellOffloaders();
  agent_.Update(round_, random_);
  ApplyDecision();
  if (options_.stage == 0) ControlAdmission(period_s);
  idle_ = std::exchange(arrived_, 0) == 0 && arrival_rate_per_s_ < kIdleRatePerS;
  Schedule(idle_ ? kIdlePeriods * options_.period_s : options_.period_s);
}

void AgentRunner::TellOffloaders() {
  if (sessions_ == nullptr) return;
  // One message by offloader; a node that knows no way on has nothing to say.
  sessions_->Broadcast([this](SessionId /*session*/, int offloader) -> std::optional<Frame> {
    AgentMessage message = agent_.MessageTo(offloader, round_);
    if (message.stage == 0) return std::nullopt;
    if (steered_) message.accuracy_weight_s = weight_s_;
    return Frame(std::move(message));
  });
}

void AgentRunner::ApplyDecision() {
  if (options_.policy != Policy::kDtoEe || forwarder_ == nullptr) return;
  forwarder_->sender().Apply(agent_.decision());
  if (!has_exit_) return;
  exit_rule_.SetThreshold(agent_.threshold());
  exit_rule_.SetCurve(agent_.gain_curve());
}

void AgentRunner::SteerWeight(double period_s) {
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
  const bool met = control_.met();
  weight_s_ = control_.Step(answers_.Take(), heard_.Mean(flows));
  if (control_.met() != met && options_.on_objective) options_.on_objective(control_.met());
}

// The same for every policy: comparisons would be unfair if only one refused at the door.
void AgentRunner::ControlAdmission(double period_s) {
  AdmissionInput input;
  input.period_s = period_s;
  input.overloaded = agent_.overloaded();
  input.excess_share = agent_.excess_share();
  input.offered_rate_per_s = offered_.rate_per_s();
  const Sender& sender = forwarder_->sender();
  double arrivals_per_s = 0;
  double capacity_per_s = 0;
  int available = 0;
  for (int k = 0; k < sender.size(); ++k) {
    const ReceiverState& receiver = sender.receiver(k);
    if (!receiver.available || receiver.service_s <= 0) continue;
    const double backlog_s = forwarder_->report(k).backlog_s;
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

}  // namespace offramp
