// LivePart: one device or replica as its daemon is: a LiveAgent (optimize/live_agent.h), a Sender,
// and the reports that a node makes (node/node_core.h), called at the same moments; tests/parity
// holds the two to that. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/core/report.h"
#include "offramp/core/sender.h"
#include "offramp/optimize/live_agent.h"
#include "offramp/simulate/sim_state.h"

namespace offramp {

class LivePart {
 public:
  static constexpr double kReportCheck_s = 0.1;

  // `profile`: what is known of exits, shared by all parts. `share`: of that profile, what the
  // agents of one simulation have in common; null: nothing.
  LivePart(const LiveAgentOptions& options, std::vector<ReceiverSpec> receivers,
           std::shared_ptr<const ExitProfile> profile, const AgentShare* share = nullptr);

  // ---- what happens to it, task by task; as LiveAgent's methods of these names
  bool OnArrival(int offloader, std::span<const float> survived, double weight_s, double now_s);
  bool OnOffered() { return live_.OnOffered(1); }
  void OnServed(double waited_s, double service_s);
  void OnSurvived() { live_.OnSurvived(1); }
  void OnSent(int receiver, double now_s);
  void OnStageDone(int receiver, double sent_s, double transfer_s, double now_s);
  void OnAnswered(int exit_stage, double confidence, double delay_s) {
    live_.OnAnswered(exit_stage, confidence, delay_s);
  }
  void OnAgentMessage(int receiver, const AgentMessage& message) {
    live_.OnAgentMessage(receiver, message);
  }
  void OnReport(int receiver, const Report& report, double now_s);

  // ---- what it decides
  double Threshold(double now_s) const { return live_.Threshold(now_s, &sender_); }
  double admitted_fraction() const { return live_.admission().admitted_fraction; }
  double carried_weight_s() const { return live_.carried_weight_s(); }

  // ---- its round: BeginRound, MessageTo each offloader, EndRound. REQUIRES: an agent.
  void BeginRound(double now_s) { live_.BeginRound(now_s, &sender_, receivers_); }
  AgentMessage MessageTo(int offloader) const { return live_.MessageTo(offloader); }
  double EndRound() { return live_.EndRound(&sender_, receivers_); }

  Report MakeReport(int offloader, const SimNode& node, double now_s) const;
  // A new connection of that offloader: what it sent before does not count.
  void Forget(int offloader) { received_[static_cast<std::size_t>(offloader)] = 0; }
  // Whether reports are due now, `held`: tasks are here or behind. Then the caller sends them.
  bool ReportsDue(bool held, double now_s);
  double NextReport(bool held, double now_s) const;

  void BeginWith(const std::vector<double>& shares, double threshold) {
    live_.BeginWith(shares, threshold);
  }
  void BeginPlannedRound(AgentMeasurement predicted) {
    live_.BeginPlannedRound(std::move(predicted));
  }
  void EndPlannedRound() { live_.EndPlannedRound(&sender_); }

  const ExitRule& exit_rule() const { return live_.exit_rule(); }
  Sender& sender() { return sender_; }
  const Sender& sender() const { return sender_; }
  bool sees_rows() const { return live_.sees_rows(); }
  const DtoEeAgent& agent() const { return live_.agent(); }  // REQUIRES: has one
  const ObjectiveControl& objective() const { return live_.objective(); }
  double accuracy_weight_s() const { return live_.accuracy_weight_s(); }
  double arrival_rate_per_s() const { return live_.arrival_rate_per_s(); }
  std::uint64_t round() const { return live_.round(); }

 private:
  Sender sender_;
  LiveAgent live_;
  std::vector<LiveReceiver> receivers_;
  std::vector<std::uint64_t> received_;  // by offloader
  double last_arrival_s_;
  double last_report_s_;
};

}  // namespace offramp
