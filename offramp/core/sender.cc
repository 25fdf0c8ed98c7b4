#include "offramp/core/sender.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "offramp/base/check.h"
#include "offramp/base/units.h"
#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

// Reports travel on several ways; older ones are told by their counters, for this long. Beyond it a
// falling counter means a receiver that counts anew.
constexpr double kReportOrder_s = 1;
constexpr double kPenaltyServices = 4;      // of one failure
constexpr double kMaxPenaltyServices = 40;  // of many at once
constexpr double kLeastPenaltyService_s = 1e-3;
constexpr double kMaxReported_s = 1e6;

// A peer's numbers are input: what is not a plausible time or rate is as good as not said.
bool Plausible(double value) { return value >= 0 && value < kMaxReported_s; }

double PenaltyUnit(const ReceiverState& receiver) {
  return kPenaltyServices * std::max(receiver.service_s, kLeastPenaltyService_s);
}

void ReduceOutstanding(ReceiverState& receiver, std::int64_t tasks) {
  // Tasks of an earlier connection may end after the count was cleared.
  receiver.outstanding = std::max<std::int64_t>(receiver.outstanding - tasks, 0);
}

}  // namespace

Sender::Sender(Policy policy, std::vector<ReceiverSpec> receivers, std::uint64_t seed,
               const LiveRule& rule)
    : policy_(policy), live_rule_(rule), rule_(MakeDispatchPolicy(policy, rule)), random_(seed) {
  receivers_.reserve(receivers.size());
  for (ReceiverSpec& spec : receivers) {
    ReceiverState receiver;
    if (spec.capacity_tasks_per_s > 0) receiver.service_s = 1 / spec.capacity_tasks_per_s;
    receiver.spec = std::move(spec);
    receivers_.push_back(std::move(receiver));
  }
}

Sender::~Sender() = default;
Sender::Sender(Sender&&) noexcept = default;
Sender& Sender::operator=(Sender&&) noexcept = default;

void Sender::OnConnected(int k, double now_s) {
  ReceiverState& receiver = state(k);
  receiver.available = false;
  receiver.outstanding = 0;
  receiver.sent_tasks = 0;
  receiver.received_tasks = 0;
  receiver.finished_tasks = 0;
  receiver.reported_at_s = 0;
  receiver.idle_at_s = now_s;
  receiver.link_free_at_s = now_s;
}

void Sender::SetAvailable(int k, bool available, double now_s) {
  ReceiverState& receiver = state(k);
  if (available == receiver.available) return;
  receiver.available = available;
  if (!available) return;
  receiver.deficit = 0;
  // The tasks that it lost when it went say little of what it is now.
  receiver.penalty_s = std::min(PenaltyNow(receiver, now_s), PenaltyUnit(receiver));
  receiver.penalty_at_s = now_s;
}

int Sender::Choose(double now_s, std::int64_t bytes, const std::vector<bool>& excluded) {
  candidates_.clear();
  bool any_available = false;
  for (int k = 0; k < size(); ++k) {
    if (!receiver(k).available) continue;
    any_available = true;
    const auto index = static_cast<std::size_t>(k);
    if (index >= excluded.size() || !excluded[index]) candidates_.push_back(k);
  }
  if (!any_available) return kNone;
  if (candidates_.empty()) {
    for (int k = 0; k < size(); ++k) {
      if (receiver(k).available) candidates_.push_back(k);
    }
  }
  return rule_->Choose({.now_s = now_s, .bytes = bytes, .candidates = candidates_}, receivers_,
                       random_);
}

double Sender::OnSent(int k, double now_s, std::int64_t bytes, std::int64_t tasks) {
  ReceiverState& receiver = state(k);
  receiver.link_free_at_s = std::max(now_s, receiver.link_free_at_s) +
                            SerializationSeconds(bytes, receiver.spec.mbit_per_s);
  const double delivered_s = receiver.link_free_at_s + receiver.spec.latency_s;
  receiver.outstanding += tasks;
  receiver.sent_tasks += static_cast<std::uint64_t>(tasks);
  receiver.idle_at_s =
      std::max(receiver.idle_at_s, delivered_s) + static_cast<double>(tasks) * receiver.service_s;
  rule_->OnSent(k, tasks, receivers_);
  return delivered_s;
}

void Sender::OnStageDone(int k, double now_s, double sent_s, std::int64_t tasks) {
  ReduceOutstanding(state(k), tasks);
  rule_->OnStageDone(now_s, std::max(now_s - sent_s, 0.0), state(k));
}

void Sender::OnFailed(int k, double now_s, double sent_s, std::int64_t tasks) {
  ReceiverState& receiver = state(k);
  ReduceOutstanding(receiver, tasks);
  const double unit_s = PenaltyUnit(receiver);
  receiver.penalty_s = std::min(PenaltyNow(receiver, now_s) + unit_s,
                                kMaxPenaltyServices / kPenaltyServices * unit_s);
  receiver.penalty_at_s = now_s;
  rule_->OnFailed(now_s, std::max(now_s - sent_s, 0.0), receiver);
}

void Sender::OnCancelled(int k, std::int64_t tasks) { ReduceOutstanding(state(k), tasks); }

void Sender::OnReport(int k, double now_s, const Report& report) {
  ReceiverState& receiver = state(k);
  const bool older = report.received_tasks < receiver.received_tasks ||
                     report.finished_tasks < receiver.finished_tasks;
  if (older && now_s - receiver.reported_at_s < kReportOrder_s) return;
  receiver.received_tasks = report.received_tasks;
  receiver.finished_tasks = report.finished_tasks;
  receiver.reported_at_s = now_s;

  if (Plausible(report.service_s) && report.service_s > 0) receiver.service_s = report.service_s;
  if (Plausible(report.service_scv)) receiver.service_scv = report.service_scv;
  if (Plausible(report.arrival_rate_per_s)) {
    receiver.arrival_rate_per_s = report.arrival_rate_per_s;
  }
  if (!Plausible(report.backlog_s)) return;
  // A receiver that claims more than it was sent is wrong; the difference below must not wrap.
  receiver.sent_tasks = std::max(receiver.sent_tasks, report.received_tasks);
  const auto under_way = std::min(static_cast<double>(receiver.sent_tasks - report.received_tasks),
                                  static_cast<double>(receiver.outstanding));
  receiver.idle_at_s = now_s + report.backlog_s + under_way * receiver.service_s;
}

void Sender::SetLink(int k, double mbit_per_s, double latency_s) {
  state(k).spec.mbit_per_s = mbit_per_s;
  state(k).spec.latency_s = latency_s;
}

void Sender::Apply(const DispatchDecision& decision) {
  const auto count = receivers_.size();
  OFFRAMP_CHECK(decision.share.size() == count && decision.weight.size() == count &&
                    decision.downstream_cost_s.size() == count,
                "a decision for other receivers");
  for (std::size_t i = 0; i < count; ++i) {
    receivers_[i].share = decision.share[i];
    receivers_[i].weight = decision.weight[i];
    receivers_[i].downstream_cost_s = decision.downstream_cost_s[i];
  }
  average_cost_s_ = decision.average_cost_s;
  decided_ = true;
}

double Sender::ExtraCostOfGoingOn(double now_s, std::int64_t bytes) const {
  if (!decided_) return 0;
  double least_s = std::numeric_limits<double>::infinity();
  for (const ReceiverState& receiver : receivers_) {
    if (!receiver.available) continue;
    least_s = std::min(least_s, PredictedCost(receiver, now_s, bytes, live_rule_));
  }
  return least_s - average_cost_s_;
}

}  // namespace offramp
