// AgentRunner: the LiveAgent (optimize/live_agent.h) of one node or gateway on the daemon's loop:
// its timer, its messages to the offloaders' sessions, and the forwarder that carries the tasks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/offload/forwarder.h"
#include "offramp/offload/offloader_sessions.h"
#include "offramp/optimize/drift.h"
#include "offramp/optimize/live_agent.h"
#include "offramp/wire/event_loop.h"

namespace offramp {

struct AgentRunnerOptions : LiveAgentOptions {
  // A gateway: the objective has turned out to be out of reach (false), or is in reach again.
  // Empty: nobody asks.
  std::function<void(bool met)> on_objective;
};

// Loop thread only.
class AgentRunner {
 public:
  // `profile` may be null (a model without exit profile).
  AgentRunner(AgentRunnerOptions options, const std::shared_ptr<const ExitProfile>& profile,
              EventLoop& loop);
  ~AgentRunner();

  // `sessions` is null in a gateway, `forwarder` null in the last stage. Both outlive the runner's
  // last event.
  void Start(OffloaderSessions* sessions, Forwarder* forwarder);

  // What happened since, from whoever sees it; as LiveAgent's methods of these names.
  void OnArrival(int offloader, std::span<const TaskRow> rows, double weight_s = 0);
  void OnOffered(std::int64_t rows);
  void OnWaited(double queue_s) { live_.OnWaited(queue_s); }
  void OnServed(double compute_s, std::int64_t rows) { live_.OnServed(compute_s, rows); }
  void OnSurvived(std::int64_t rows) { live_.OnSurvived(rows); }
  void OnAnswered(int exit_stage, double confidence, double delay_s) {
    live_.OnAnswered(exit_stage, confidence, delay_s);
  }
  // A task that left here, with this confidence, has run on to the last stage too (drift.h).
  void OnShadow(double confidence, bool agreed);
  void OnAgentMessage(int receiver, const AgentMessage& message) {
    live_.OnAgentMessage(receiver, message);
  }

  // The threshold at which a task exits here and now.
  double Threshold(double now_s) const;

  double admitted_fraction() const { return live_.admission().admitted_fraction; }
  double retry_after_s() const { return live_.admission().retry_after_s; }
  double accuracy_weight_s() const { return live_.accuracy_weight_s(); }
  double carried_weight_s() const { return live_.carried_weight_s(); }
  const ObjectiveControl& objective() const { return live_.objective(); }

  // Measured, for reports and for people.
  double arrival_rate_per_s() const { return live_.arrival_rate_per_s(); }
  double flow_per_s(int receiver) const { return live_.flow_per_s(receiver); }
  double service_s() const { return live_.service_s(); }
  double service_scv() const { return live_.service_scv(); }
  double utilisation() const { return arrival_rate_per_s() * service_s(); }

  // Null where nothing can exit.
  const DriftMeter* drift() const { return drift_ ? &*drift_ : nullptr; }

  Policy policy() const { return live_.options().policy; }
  bool has_exit() const { return live_.has_exit(); }
  const ExitRule& exit_rule() const { return live_.exit_rule(); }
  const std::vector<double>& shares() const { return live_.agent().shares(); }
  std::uint64_t rounds() const { return live_.round(); }

 private:
  void Schedule(double in_s);
  void Round();
  void TellOffloaders();
  void LookAtReceivers();
  void FollowDrift();

  const std::function<void(bool met)> on_objective_;
  EventLoop& loop_;
  OffloaderSessions* sessions_ = nullptr;
  Forwarder* forwarder_ = nullptr;
  const std::shared_ptr<const ExitProfile> profile_;  // with expected correctness
  LiveAgent live_;
  std::optional<DriftMeter> drift_;
  double excess_wrong_ = 0;  // that live_ knows of
  EventLoop::TimerId timer_ = 0;
  std::vector<LiveReceiver> receivers_;
  std::vector<std::uint64_t> sent_before_;  // by receiver, at the last round
};

}  // namespace offramp
