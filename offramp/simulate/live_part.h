// LivePart: one device or replica as its daemon is: what it measures, its agent's rounds, what it
// tells others. The same objects as in offload/agent_runner.h and node/node_core.h, called at the
// same moments; tests/parity holds the two to that. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/base/units.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/objective.h"
#include "offramp/core/policy.h"
#include "offramp/core/report.h"
#include "offramp/core/sender.h"
#include "offramp/optimize/admission.h"
#include "offramp/optimize/answer_meter.h"
#include "offramp/optimize/dto_ee_agent.h"
#include "offramp/optimize/fleet_weight.h"
#include "offramp/optimize/objective_control.h"
#include "offramp/optimize/rates.h"
#include "offramp/optimize/row_mix.h"
#include "offramp/simulate/sim_state.h"

namespace offramp {

struct LivePartOptions {
  Policy policy = Policy::kDtoEe;
  int stage = 0;  // 0: a device
  int offloaders = 0;
  bool agent = true;  // off: nobody asks for what its rounds would find
  bool admission = false;
  double period_s = 0.1;
  Objective objective;
  double threshold = kNeverExit;  // fixed, or the one to begin with
  double expected_service_s = 0;  // of one task
  double congestion = 0.5;        // to begin with
  std::int64_t row_bytes = 0;     // of one task on its way to the next stage
  double start_s = 0;             // when it comes to life
  std::uint64_t seed = 1;
};

class LivePart {
 public:
  static constexpr double kActiveReport_s = 0.02;  // while tasks arrive or are held
  static constexpr double kIdleReport_s = 1.0;
  static constexpr double kReportCheck_s = 0.1;
  static constexpr int kIdlePeriods = 10;  // between rounds that would change nothing

  // `profile`: with expected correctness (optimize/reliability.h), shared by all parts. `share`: of
  // that profile, what the agents of one simulation have in common; null: nothing.
  LivePart(const LivePartOptions& options, std::vector<ReceiverSpec> receivers,
           std::shared_ptr<const ExitProfile> profile, const AgentShare* share = nullptr);

  // ---- what happens to it. Each as AgentRunner's method of that name.
  // Returns whether it was idle: then its round is due a period from now.
  bool OnArrival(int offloader, std::span<const float> survived, double weight_s, double now_s);
  bool OnOffered();
  void OnServed(double waited_s, double service_s);
  void OnSurvived() { outflow_.Count(); }
  void OnSent(int receiver, double now_s);
  void OnStageDone(int receiver, double sent_s, double transfer_s, double now_s);
  void OnAnswered(int exit_stage, double confidence, double delay_s);
  void OnAgentMessage(int receiver, const AgentMessage& message);
  void OnReport(int receiver, const Report& report, double now_s);

  // ---- what it decides
  double Threshold(double now_s) const;
  double admitted_fraction() const { return admission_.admitted_fraction; }
  double carried_weight_s() const { return control_.steers() ? weight_s_ : 0; }

  // ---- its round: BeginRound, MessageTo each offloader, EndRound. REQUIRES: an agent.
  void BeginRound(double now_s);
  // stage 0: nothing to say.
  AgentMessage MessageTo(int offloader) const;
  // Returns after how long the next one is due.
  double EndRound();

  Report MakeReport(int offloader, const SimNode& node, double now_s) const;
  // A new connection of that offloader: what it sent before does not count.
  void Forget(int offloader) { received_[static_cast<std::size_t>(offloader)] = 0; }
  // Whether reports are due now, `held`: tasks are here or behind. Then the caller sends them.
  bool ReportsDue(bool held, double now_s);
  double NextReport(bool held, double now_s) const;

  // Before the start: begin with these shares and this threshold, then rounds on what the plan
  // predicts in place of what is measured, so that prices and gain curves are there at once.
  void BeginWith(const std::vector<double>& shares, double threshold);
  void BeginPlannedRound(AgentMeasurement predicted);
  void EndPlannedRound();

  // The agent's, fixed ones or those to begin with.
  const ExitRule& exit_rule() const { return exit_rule_; }
  Sender& sender() { return sender_; }
  const Sender& sender() const { return sender_; }
  // Whether an exit before it makes its mix of rows another than the profile's.
  bool sees_rows() const { return sees_rows_; }
  const DtoEeAgent& agent() const { return *agent_; }  // REQUIRES: has one
  const ObjectiveControl& objective() const { return control_; }
  double accuracy_weight_s() const { return weight_s_; }
  double arrival_rate_per_s() const { return arrival_rate_per_s_; }
  std::uint64_t round() const { return round_; }

 private:
  AgentMeasurement TakeMeasurement(double period_s);
  void SteerWeight(double period_s);
  void ControlAdmission(double period_s);
  void ApplyDecision();

  LivePartOptions options_;
  bool has_exit_;
  bool sees_rows_;
  Sender sender_;
  std::optional<DtoEeAgent> agent_;
  ExitRule exit_rule_;
  AdmissionControl admission_control_;
  AdmissionDecision admission_;
  Random random_;
  std::uint64_t round_ = 0;
  double last_round_s_ = 0;
  double period_s_ = 0;  // of the round under way
  bool idle_ = false;
  std::int64_t arrived_ = 0;

  std::vector<RateMeter> inflow_;   // by offloader
  std::vector<RateMeter> flow_;     // by receiver
  std::vector<double> transfer_s_;  // by receiver, measured; < 0: not yet
  std::vector<double> backlog_s_;   // by receiver, as last reported
  RateMeter outflow_;
  RateMeter offered_;
  double arrival_rate_per_s_ = 0;
  ServiceMeter service_;
  CongestionMeter congestion_;
  RowMix row_mix_;
  std::vector<std::uint64_t> received_;  // by offloader
  double last_arrival_s_;
  double last_report_s_;

  double weight_s_;
  bool steered_ = false;
  TaskWeight tasks_say_;
  HeardWeights heard_;
  AnswerMeter answers_;
  ObjectiveControl control_;
};

}  // namespace offramp
