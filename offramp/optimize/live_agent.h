// LiveAgent: all that one node or gateway of a running fleet measures and decides in rounds,
// without the daemon around it. Time, the sender and what is known of the receivers are arguments;
// it does no I/O. The daemons (offload/agent_runner) and the simulator (simulate/live_part) run it
// unchanged.
//
// A round every period: BeginRound (rates, waits, transfer times, the mix of rows), MessageTo each
// offloader, EndRound (the agent's step; the decision goes to the sender and to the exit rule). For
// policies other than dto-ee it measures all the same, and decides nothing.
//
// Where the objective is a floor or a ceiling, a gateway also steers the accuracy weight
// (objective_control.h): its tasks carry the weight, and nodes use what tasks say. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/live_rule.h"
#include "offramp/core/objective.h"
#include "offramp/core/policy.h"
#include "offramp/core/sender.h"
#include "offramp/optimize/admission.h"
#include "offramp/optimize/answer_meter.h"
#include "offramp/optimize/dto_ee_agent.h"
#include "offramp/optimize/fleet_weight.h"
#include "offramp/optimize/objective_control.h"
#include "offramp/optimize/rates.h"
#include "offramp/optimize/row_mix.h"

namespace offramp {

struct LiveAgentOptions {
  Policy policy = Policy::kDtoEe;
  int stage = 0;  // 0: a gateway
  int offloaders = 0;
  int receivers = 0;
  bool agent = true;      // false: nobody asks for what its rounds would find
  bool admission = true;  // of a gateway
  double period_s = 0.1;
  Objective objective;
  std::optional<double> threshold;   // fixed, or the one to begin with; absent: the agent's own
  double expected_service_s = 1e-3;  // of one task, before any is measured
  double congestion = 0.5;           // before any wait is measured
  std::int64_t row_bytes = 0;        // of one task on its way to the next stage
  double start_s = 0;                // when it comes to life (StartAt)
  std::uint64_t seed = 1;
  LiveRule rule;  // all of it but in studies
};

// What whoever carries the tasks knows of a receiver beyond its Sender's state.
struct LiveReceiver {
  double transfer_s = -1;  // measured, of one task; < 0: not yet
  double backlog_s = 0;    // as last reported
};

class LiveAgent {
 public:
  // `profile`: with expected correctness (reliability.h); null: a model without. `share`: what the
  // agents of one process have in common; null: nothing.
  LiveAgent(const LiveAgentOptions& options, std::shared_ptr<const ExitProfile> profile,
            const AgentShare* share = nullptr);

  // ---- what happened, from whoever sees it. Rows are tasks.
  // Arrivals return whether it was idle: then its next round is due a period from now, no later.
  // `weight_s`: the accuracy weight that the rows carry; 0: none.
  bool OnArrival(int offloader, std::int64_t rows, double weight_s);
  void OnRow(std::span<const float> survived);         // the thresholds each of them has survived
  bool OnOffered(std::int64_t rows);                   // a gateway: asked for, refused ones too
  void OnWaited(double queue_s);                       // one parcel, before the engine took it
  void OnServed(double compute_s, std::int64_t rows);  // one call of the engine
  void OnSurvived(std::int64_t rows);                  // that go on (in a gateway: were admitted)
  void OnSent(int receiver, std::int64_t rows);
  // A gateway: a row that was free to exit early was answered.
  void OnAnswered(int exit_stage, double confidence, double delay_s);
  void OnAgentMessage(int receiver, const AgentMessage& message);

  // It comes to life now, if that is later than it was made.
  void StartAt(double now_s) { last_round_s_ = now_s; }

  // ---- its round. REQUIRES: options.agent. `sender` is null where there is no next stage;
  // `receivers` has its receivers in order.
  void BeginRound(double now_s, const Sender* sender, std::span<const LiveReceiver> receivers);
  AgentMessage MessageTo(int offloader) const;  // stage 0: nothing to say
  // Returns after how many seconds the next one is due.
  double EndRound(Sender* sender, std::span<const LiveReceiver> receivers);

  // Its exit has turned out to be better or worse than was known (drift.h).
  // REQUIRES: options.agent and a profile, of which this is another edition.
  void SetProfile(std::shared_ptr<const ExitProfile> profile) {
    agent_->SetProfile(std::move(profile));
  }

  // Before the start: begin with these shares and this threshold, then rounds on what a plan
  // predicts in place of what is measured, so that prices and gain curves are there at once.
  void BeginWith(const std::vector<double>& shares, double threshold);
  void BeginPlannedRound(AgentMeasurement predicted);
  void EndPlannedRound(Sender* sender);

  // ---- what is decided
  // The threshold at which a task exits here and now.
  double Threshold(double now_s, const Sender* sender) const;
  // Admission control of a gateway: the share of what is offered that the fleet carries, and when a
  // refused client should come back.
  const AdmissionDecision& admission() const { return admission_; }
  // a, as the agent uses it now, and what tasks are to carry of it: 0 unless it is steered.
  double accuracy_weight_s() const { return weight_s_; }
  double carried_weight_s() const { return control_.steers() ? weight_s_ : 0; }
  // Of a gateway: what the objective is, whether it can be met and what answers showed lately.
  const ObjectiveControl& objective() const { return control_; }

  // ---- what is measured
  double arrival_rate_per_s() const { return arrival_rate_per_s_; }
  double flow_per_s(int receiver) const {
    return flow_[static_cast<std::size_t>(receiver)].rate_per_s();
  }
  double service_s() const { return service_.mean_s(); }
  double service_scv() const { return service_.scv(); }

  const LiveAgentOptions& options() const { return options_; }
  bool has_exit() const { return has_exit_; }
  // Whether an exit before it makes its mix of rows another than the profile's.
  bool sees_rows() const { return sees_rows_; }
  const ExitRule& exit_rule() const { return exit_rule_; }
  const DtoEeAgent& agent() const { return *agent_; }  // REQUIRES: options.agent
  std::uint64_t round() const { return round_; }

 private:
  AgentMeasurement TakeMeasurement(double period_s, const Sender* sender,
                                   std::span<const LiveReceiver> receivers);
  void SteerWeight(double period_s);
  void ControlAdmission(double period_s, const Sender& sender,
                        std::span<const LiveReceiver> receivers);
  void ApplyDecision(Sender* sender);
  void NoteExtraCost(const Sender& sender);
  double RecentArrivals() const;  // tasks/s

  LiveAgentOptions options_;
  bool has_exit_;
  bool sees_rows_;
  std::optional<DtoEeAgent> agent_;
  ExitRule exit_rule_;
  AdmissionControl admission_control_;
  AdmissionDecision admission_;
  Random random_;
  std::uint64_t round_ = 0;
  double last_round_s_;
  double round_period_s_ = 0;  // of the round under way
  bool idle_ = false;
  std::int64_t arrived_ = 0;  // rows since the last round

  std::vector<RateMeter> inflow_;  // by offloader
  std::vector<RateMeter> flow_;    // by receiver
  RateMeter outflow_;
  RateMeter offered_;
  double arrival_rate_per_s_ = 0;
  ServiceMeter service_;
  CongestionMeter congestion_;
  RowMix row_mix_;
  double usual_extra_s_ = 0;  // Sender::ExtraCostOfGoingOn over some seconds with tasks

  double weight_s_;       // a, in force here
  bool steered_ = false;  // a node: tasks carry it
  TaskWeight tasks_say_;  // a node
  HeardWeights heard_;    // a gateway
  AnswerMeter answers_;   // a gateway
  ObjectiveControl control_;
};

}  // namespace offramp
