#include "tests/sim/sim_node.h"

#include <algorithm>
#include <cmath>

#include "offramp/optimize/reliability.h"

namespace offramp {

namespace {

constexpr double kRateTime_s = 1;
constexpr std::size_t kSampledTasks = 16;  // a round, for the mix of rows

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

}  // namespace

SimNode::SimNode(const SimOptions& options, int stage_in, double capacity, int offloaders,
                 std::vector<ReceiverSpec> receivers, std::uint64_t seed)
    : stage(stage_in),
      capacity_per_s(capacity),
      sender(MakeSender(options, stage_in, std::move(receivers), seed)),
      exit_rule(FixedThreshold(options, stage_in)),
      answers(WithExpectedCorrectness(options.agent_profile)),
      objective(options.objective, answers.best_accuracy()),
      weight_s(options.objective.accuracy_weight_s),
      profile_(WithExpectedCorrectness(options.agent_profile)),
      random_(seed + 1),
      service_s_(capacity > 0 ? 1 / capacity : 0),
      sent_(static_cast<std::size_t>(sender.size())),
      received_(static_cast<std::size_t>(offloaders)),
      received_ever_(static_cast<std::size_t>(offloaders)),
      flow_per_s_(sent_.size()),
      inflow_per_s_(received_.size()),
      heard_(sender.size()) {
  if (!options.agents) return;
  agent = std::make_unique<DtoEeAgent>(stage, offloaders, sender.size(), profile_,
                                       DtoEeOptions::Live(options.objective.accuracy_weight_s));
  mix_.assign(profile_->rows(), 1.0F);
}

void SimNode::CountReceived(int offloader, const std::vector<float>& survived,
                            double task_weight_s) {
  tasks_say_.Observe(task_weight_s, 1);
  ++received_[static_cast<std::size_t>(offloader)];
  ++received_ever_[static_cast<std::size_t>(offloader)];
  if (agent && survived_.size() < kSampledTasks) survived_.push_back(survived);
}

void SimNode::CountWait(double wait_s) {
  wait_s_ += wait_s;
  ++waits_;
}

void SimNode::CountServed(double service_s) {
  service_s_ += 0.15 * (service_s - service_s_);
  ++finished_;
}

Report SimNode::MakeReport(int offloader, double now_s) const {
  const auto waiting = static_cast<double>(queue.empty() ? 0 : queue.size() - 1);
  // While a task that has just ended makes way for the next, all that remain are waiting.
  const double running_s = queue.empty() ? 0 : std::max(busy_until_s - now_s, 0.0);
  return {.backlog_s = waiting * service_s_ + running_s,
          .service_s = service_s_,
          .arrival_rate_per_s = arrival_per_s_,
          .queued_tasks = static_cast<std::int64_t>(queue.size()),
          .received_tasks = received_ever_[static_cast<std::size_t>(offloader)],
          .finished_tasks = finished_};
}

void SimNode::Measure(double period_s, std::uint64_t round) {
  const double weight =
      std::max(1 - std::exp(-period_s / kRateTime_s), 1.0 / static_cast<double>(round));
  const auto update = [&](double& rate, int& count) {
    rate += weight * (count / period_s - rate);
    count = 0;
  };
  for (std::size_t k = 0; k < sent_.size(); ++k) update(flow_per_s_[k], sent_[k]);
  for (std::size_t i = 0; i < received_.size(); ++i) update(inflow_per_s_[i], received_[i]);
  update(out_per_s_, out_);
  arrival_per_s_ = stage == 0 ? out_per_s_ : 0;
  for (const double inflow : inflow_per_s_) arrival_per_s_ += inflow;

  const double rho = std::min(arrival_per_s_ * service_s_, 0.95);
  if (waits_ > 0 && rho > 0.02) {
    const double target_s = rho * service_s_ / (1 - rho);
    const double measured = std::clamp(wait_s_ / waits_ / target_s, 0.03, 2.0);
    congestion_ += 0.3 * weight * (measured - congestion_);
  }
  wait_s_ = 0;
  waits_ = 0;

  if (!agent) return;
  if (stage >= 2 && !survived_.empty()) {
    for (std::size_t r = 0; r < mix_.size(); ++r) {
      int alike = 0;
      for (const std::vector<float>& survived : survived_) {
        bool survives = true;
        for (std::size_t g = 0; g < survived.size(); ++g) {
          survives &= profile_->confidence(static_cast<int>(g) + 1)[r] < survived[g];
        }
        alike += survives ? 1 : 0;
      }
      const double share = alike / static_cast<double>(survived_.size());
      mix_[r] += static_cast<float>(0.5 * weight * (share - mix_[r]));
    }
  }
  survived_.clear();

  if (stage > 0) {
    weight_s = tasks_say_.Round(period_s).value_or(weight_s);
  } else if (objective.Due(period_s)) {
    weight_s = objective.Step(answers.Take(), heard_.Mean(flow_per_s_));
  }

  AgentMeasurement measurement{.service_s = service_s_,
                               .congestion = congestion_,
                               .arrival_rate_per_s = arrival_per_s_,
                               .outflow_per_s = out_per_s_,
                               .inflow_per_s = inflow_per_s_,
                               .flow_per_s = flow_per_s_,
                               .row_mix = mix_,
                               .accuracy_weight_s = weight_s};
  for (int k = 0; k < sender.size(); ++k) {
    const ReceiverState& receiver = sender.receiver(k);
    constexpr double kBytesPerTask = 12544;
    measurement.transfer_s.push_back(receiver.spec.latency_s +
                                     8e-6 * kBytesPerTask / receiver.spec.mbit_per_s);
    measurement.receiver_alive.push_back(receiver.available);
  }
  agent->Measure(std::move(measurement));
}

void SimNode::Decide(std::uint64_t round) {
  if (!alive || sender.size() == 0) return;
  agent->Update(round, random_);
  sender.Apply(agent->decision());
  exit_rule.SetThreshold(agent->threshold());
  if (stage > 0) exit_rule.SetCurve(agent->gain_curve());
}

}  // namespace offramp
