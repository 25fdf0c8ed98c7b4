// AgentRunner: one node's or gateway's rounds. Every period it measures (rates, service, waits,
// transfer times, the mix of rows), tells its offloaders, runs the agent on the newest message of
// each receiver, and applies the decision to the sender and to the exit rule. For policies other
// than dto-ee it measures all the same, and decides nothing.
//
// Where the objective is a floor or a ceiling, a gateway also steers the accuracy weight
// (optimize/objective_control.h): its tasks carry the weight, and nodes use what tasks say.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/objective.h"
#include "offramp/core/policy.h"
#include "offramp/offload/forwarder.h"
#include "offramp/offload/offloader_sessions.h"
#include "offramp/optimize/admission.h"
#include "offramp/optimize/answer_meter.h"
#include "offramp/optimize/dto_ee_agent.h"
#include "offramp/optimize/fleet_weight.h"
#include "offramp/optimize/objective_control.h"
#include "offramp/optimize/rates.h"
#include "offramp/optimize/row_mix.h"
#include "offramp/wire/event_loop.h"

namespace offramp {

struct AgentRunnerOptions {
  Policy policy = Policy::kDtoEe;
  int stage = 0;  // 0: a gateway
  int offloaders = 0;
  int receivers = 0;
  double period_s = 0.1;
  Objective objective;
  double fixed_threshold = kNeverExit;  // of this stage, for policies that do not set their own
  double expected_service_s = 1e-3;     // of one task, before any is measured
  std::int64_t row_bytes = 0;           // of one task on its way to the next stage
  std::uint64_t seed = 1;
  // A gateway: the objective has turned out to be out of reach (false), or is in reach again.
  // Empty: nobody asks.
  std::function<void(bool met)> on_objective;
};

// Loop thread only.
class AgentRunner {
 public:
  // `profile` may be null (a model without exit profile).
  AgentRunner(AgentRunnerOptions options, std::shared_ptr<const ExitProfile> profile,
              EventLoop& loop);
  ~AgentRunner();

  // `sessions` is null in a gateway, `forwarder` null in the last stage. Both outlive the runner's
  // last event.
  void Start(OffloaderSessions* sessions, Forwarder* forwarder);

  // What happened since, from whoever sees it.
  // `weight_s`: the accuracy weight that the rows carry; 0: none.
  void OnArrival(int offloader, std::span<const TaskRow> rows, double weight_s = 0);
  void OnWaited(double queue_s);                       // one parcel, before the engine took it
  void OnServed(double compute_s, std::int64_t rows);  // one call of the engine
  void OnSurvived(std::int64_t rows);                  // that go on (in a gateway: were admitted)
  void OnOffered(std::int64_t rows);                   // a gateway: asked for, refused ones too
  // A gateway: a row that was free to exit early was answered.
  void OnAnswered(int exit_stage, double confidence, double delay_s);
  void OnAgentMessage(int receiver, const AgentMessage& message);

  // The threshold at which a task exits here and now.
  double Threshold(double now_s) const;

  // Admission control of a gateway: the share of what is offered that the fleet carries, and when a
  // refused client should come back.
  double admitted_fraction() const { return admission_.admitted_fraction; }
  double retry_after_s() const { return admission_.retry_after_s; }

  // a, as the agent uses it now, and what tasks are to carry of it: 0 unless it is steered.
  double accuracy_weight_s() const { return weight_s_; }
  double carried_weight_s() const { return control_.steers() ? weight_s_ : 0; }
  // Of a gateway: what the objective is, whether it can be met and what answers showed lately.
  const ObjectiveControl& objective() const { return control_; }

  // Measured, for reports and for people.
  double arrival_rate_per_s() const { return arrival_rate_per_s_; }
  double flow_per_s(int receiver) const {
    return flow_[static_cast<std::size_t>(receiver)].rate_per_s();
  }
  double service_s() const { return service_.mean_s(); }
  double service_scv() const { return service_.scv(); }
  double utilisation() const { return arrival_rate_per_s_ * service_.mean_s(); }

  Policy policy() const { return options_.policy; }
  bool has_exit() const { return has_exit_; }
  const ExitRule& exit_rule() const { return exit_rule_; }
  const std::vector<double>& shares() const { return agent_.shares(); }
  std::uint64_t rounds() const { return round_; }

 private:
  AgentRunner(AgentRunnerOptions options, EventLoop& loop,
              std::shared_ptr<const ExitProfile> profile);

  void Schedule(double in_s);
  void Round();
  AgentMeasurement TakeMeasurement(double period_s);
  void TellOffloaders();
  void ApplyDecision();
  void ControlAdmission(double period_s);
  void SteerWeight(double period_s);

  const AgentRunnerOptions options_;
  const bool has_exit_;
  EventLoop& loop_;
  OffloaderSessions* sessions_ = nullptr;
  Forwarder* forwarder_ = nullptr;
  DtoEeAgent agent_;
  ExitRule exit_rule_;
  AdmissionControl admission_control_;
  AdmissionDecision admission_;
  Random random_;
  std::uint64_t round_ = 0;
  double last_round_s_ = 0;
  bool idle_ = false;
  std::int64_t arrived_ = 0;  // rows since the last round
  EventLoop::TimerId timer_ = 0;

  std::vector<RateMeter> inflow_;           // by offloader
  std::vector<RateMeter> flow_;             // by receiver
  std::vector<std::uint64_t> sent_before_;  // by receiver, at the last round
  RateMeter outflow_;
  RateMeter offered_;
  double arrival_rate_per_s_ = 0;
  ServiceMeter service_;
  CongestionMeter congestion_;
  RowMix row_mix_;

  double weight_s_;       // a, in force here
  bool steered_ = false;  // a node: tasks carry it
  TaskWeight tasks_say_;  // a node
  HeardWeights heard_;    // a gateway
  AnswerMeter answers_;   // a gateway
  ObjectiveControl control_;
};

}  // namespace offramp
