#include "offramp/offload/agent_runner.h"

#include <cmath>
#include <utility>

#include "offramp/optimize/reliability.h"

namespace offramp {

AgentRunner::AgentRunner(AgentRunnerOptions options,
                         const std::shared_ptr<const ExitProfile>& profile, EventLoop& loop)
    : on_objective_(std::move(options.on_objective)),
      loop_(loop),
      profile_(WithExpectedCorrectness(profile)),
      live_(options, profile_),
      receivers_(static_cast<std::size_t>(options.receivers)),
      sent_before_(receivers_.size(), 0) {
  if (live_.has_exit()) drift_.emplace(*profile, options.stage);
}

AgentRunner::~AgentRunner() { loop_.Cancel(timer_); }

void AgentRunner::Start(OffloaderSessions* sessions, Forwarder* forwarder) {
  sessions_ = sessions;
  forwarder_ = forwarder;
  live_.StartAt(loop_.NowSeconds());
  Schedule(live_.options().period_s);
}

void AgentRunner::Schedule(double in_s) {
  loop_.Cancel(timer_);
  timer_ = loop_.RunAt(loop_.NowSeconds() + in_s, [this] {
    timer_ = 0;
    Round();
  });
}

void AgentRunner::OnArrival(int offloader, std::span<const TaskRow> rows, double weight_s) {
  const bool wake = live_.OnArrival(offloader, static_cast<std::int64_t>(rows.size()), weight_s);
  for (const TaskRow& row : rows) live_.OnRow(row.survived);
  if (wake) Schedule(live_.options().period_s);
}

void AgentRunner::OnOffered(std::int64_t rows) {
  if (live_.OnOffered(rows)) Schedule(live_.options().period_s);
}

double AgentRunner::Threshold(double now_s) const {
  return live_.Threshold(now_s, forwarder_ ? &forwarder_->sender() : nullptr);
}

void AgentRunner::OnShadow(double confidence, bool agreed) {
  if (drift_) drift_->Add(confidence, agreed);
}

// A new edition sorts all rows again: not for less than this.
constexpr double kExcessStep = 0.005;

void AgentRunner::FollowDrift() {
  if (!drift_ || !live_.options().agent) return;
  const double excess = drift_->excess_wrong();
  const bool gone = excess <= 0 && excess_wrong_ > 0;
  if (std::abs(excess - excess_wrong_) < kExcessStep && !gone) return;
  excess_wrong_ = excess;
  live_.SetProfile(excess > 0 ? WithMoreWrong(*profile_, live_.options().stage, excess) : profile_);
}

void AgentRunner::Round() {
  Sender* const sender = forwarder_ ? &forwarder_->sender() : nullptr;
  LookAtReceivers();
  FollowDrift();
  const bool met = live_.objective().met();
  live_.BeginRound(loop_.NowSeconds(), sender, receivers_);
  if (live_.objective().met() != met && on_objective_) on_objective_(!met);
  TellOffloaders();
  Schedule(live_.EndRound(sender, receivers_));
}

void AgentRunner::LookAtReceivers() {
  for (std::size_t k = 0; forwarder_ != nullptr && k < receivers_.size(); ++k) {
    const int receiver = static_cast<int>(k);
    const ReceiverMetrics& metrics = forwarder_->metrics(receiver);
    const std::uint64_t sent = metrics.sent_rows;
    live_.OnSent(receiver, static_cast<std::int64_t>(sent - std::exchange(sent_before_[k], sent)));
    receivers_[k].transfer_s = metrics.transfer_known ? metrics.transfer_s : -1;
    receivers_[k].backlog_s = forwarder_->report(receiver).backlog_s;
  }
}

void AgentRunner::TellOffloaders() {
  if (sessions_ == nullptr) return;
  // One message by offloader; a node that knows no way on has nothing to say.
  sessions_->Broadcast([this](SessionId /*session*/, int offloader) -> std::optional<Frame> {
    AgentMessage message = live_.MessageTo(offloader);
    if (message.stage == 0) return std::nullopt;
    return Frame(std::move(message));
  });
}

}  // namespace offramp
