#include <algorithm>
#include <cmath>

#include "offramp/base/units.h"
#include "offramp/core/dispatch_choice.h"
#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

constexpr double kMaxDeficit = 3;  // without a clamp it winds up while a receiver is avoided
// Before anything is measured or expected; not 0, or unanswered tasks would weigh nothing.
constexpr double kUnknownService_s = 0.01;
// Before an agent has spoken: neither alone (1) nor one of very many (0).
constexpr double kUndecidedWeight = 0.5;
constexpr double kPenaltyDecay_s = 2;
// Whoever has tasks reports every 20 ms (report.h): a longer silence says that nothing came.
constexpr double kSilence_s = 0.05;
constexpr double kMaxUnseen_s = 1;  // as long as rates are averaged at least

// Tasks from other senders that k will have when one sent now arrives, and of which no report has
// told: those since the newest report was made, and those that come on the way.
double UnseenTasks(const ReceiverState& receiver, double weight, double now_s) {
  const double age_s = std::clamp(now_s - receiver.reported_at_s, 0.0, kSilence_s);
  const double way_s = 2 * receiver.spec.latency_s;
  return (1 - weight) * receiver.arrival_rate_per_s * std::min(age_s + way_s, kMaxUnseen_s);
}

class DtoEeDispatch final : public DispatchPolicy {
 public:
  explicit DtoEeDispatch(const LiveRule& rule) : rule_(rule) {}

  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    const bool decided = FillShares(receivers);
    return LeastScore(question.candidates, random, [&](int k) {
      const auto index = static_cast<std::size_t>(k);
      const ReceiverState& receiver = receivers[index];
      const double weight = decided ? receiver.weight : kUndecidedWeight;
      const double deficit = std::min(receiver.deficit + shares_[index], kMaxDeficit);
      // Deficits stand in for what is not seen of others, and count no more than that.
      const double unseen = rule_.unseen ? UnseenTasks(receiver, weight, question.now_s) : 0;
      const double counts = rule_.unseen ? std::min(1 - weight, unseen) : 1 - weight;
      return PredictedCost(receiver, question.now_s, question.bytes, rule_) +
             (unseen - (rule_.deficits ? counts * deficit : 0)) * receiver.service_s;
    });
  }

  void OnSent(int k, std::int64_t tasks, std::span<ReceiverState> receivers) override {
    FillShares(receivers);
    const auto count = static_cast<double>(tasks);
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      receivers[i].deficit = std::min(receivers[i].deficit + count * shares_[i], kMaxDeficit);
    }
    double& deficit = receivers[static_cast<std::size_t>(k)].deficit;
    deficit = std::max(deficit - count, -kMaxDeficit);
  }

 private:
  // The agent's shares over the available receivers, normalised; by capacity before it has decided,
  // or when all that it gave a share to are gone. Returns whether they are the agent's.
  bool FillShares(std::span<const ReceiverState> receivers) {
    shares_.assign(receivers.size(), 0);
    available_.clear();
    double total = 0;
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      if (!receivers[i].available) continue;
      available_.push_back(static_cast<int>(i));
      total += receivers[i].share;
    }
    if (total > 0) {
      for (const int k : available_) {
        const auto index = static_cast<std::size_t>(k);
        shares_[index] = receivers[index].share / total;
      }
      return true;
    }
    CapacitiesOf(available_, receivers, capacities_);
    for (const double capacity : capacities_) total += capacity;
    for (std::size_t i = 0; i < available_.size(); ++i) {
      shares_[static_cast<std::size_t>(available_[i])] = capacities_[i] / total;
    }
    return false;
  }

  const LiveRule rule_;
  std::vector<double> shares_;  // kept for their memory
  std::vector<double> capacities_;
  std::vector<int> available_;
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakeDtoEeDispatch(const LiveRule& rule) {
  return std::make_unique<DtoEeDispatch>(rule);
}

double PenaltyNow(const ReceiverState& receiver, double now_s) {
  const double age_s = std::max(now_s - receiver.penalty_at_s, 0.0);
  // The last crumb would keep a receiver from ever being tried again while others are idle.
  if (receiver.penalty_s <= 0 || age_s > 5 * kPenaltyDecay_s) return 0;
  return receiver.penalty_s * std::exp(-age_s / kPenaltyDecay_s);
}

double PredictedCost(const ReceiverState& receiver, double now_s, std::int64_t bytes,
                     const LiveRule& rule) {
  const double s = receiver.service_s > 0 ? receiver.service_s : kUnknownService_s;
  const double t = receiver.spec.latency_s + SerializationSeconds(bytes, receiver.spec.mbit_per_s) +
                   std::max(receiver.link_free_at_s - now_s, 0.0);
  // Own tasks that nobody has acknowledged are a floor under the predicted work: a dead receiver's
  // prediction runs out, its unanswered tasks do not. 2t: the last task's way there and back.
  const double unanswered_s =
      (static_cast<double>(receiver.outstanding) - 1 + std::min(receiver.service_scv, 1.0)) * s -
      2 * t;
  const double u = std::max({receiver.idle_at_s - now_s - t, unanswered_s, 0.0});
  // The price that this task makes all later ones of a busy period pay.
  const double rho =
      std::min(std::max(receiver.arrival_rate_per_s * s, (u - s) / (u + s)), rule.most_load());
  return t + s + u + rule.kappa() * rho / (1 - rho) * (u + s / 2) + receiver.downstream_cost_s +
         PenaltyNow(receiver, now_s);
}

}  // namespace offramp
