// Sender: one offloader's view of its receivers, and the choice of the next hop.
//
// The same object runs in a node, in a gateway and in the simulator; it takes time, bytes and
// reports as arguments and does no I/O. What it knows is what a real sender knows: what it sent,
// which stages are done (acknowledgements), the receivers' newest reports, and (dto-ee) what the
// agent decided. Rules and constants: dispatch.md; each policy is one small file (dispatch_*.cc).
// Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/live_rule.h"
#include "offramp/core/policy.h"
#include "offramp/core/report.h"

namespace offramp {

// What is known of a receiver before anything is measured.
struct ReceiverSpec {
  std::string name;
  double capacity_tasks_per_s = 0;  // expected speed; 0 unknown (then reports say)
  double mbit_per_s = 0;            // emulated rate of the link; 0: none
  double latency_s = 0;             // emulated latency of the link
};

// A receiver as the sender sees it now. Policies read it; Sender keeps it.
struct ReceiverState {
  ReceiverSpec spec;
  bool available = false;        // connected, accepting and progressing
  std::int64_t outstanding = 0;  // n_own: tasks sent whose stage is not done
  std::uint64_t sent_tasks = 0;  // on this connection
  double idle_at_s = 0;          // F: predicted time at which it will be idle
  double service_s = 0;          // s, from reports (1 / capacity before the first)
  double service_scv = 0;
  double arrival_rate_per_s = 0;  // lam, from reports
  double link_free_at_s = 0;      // when the emulated link has sent what it holds
  double peak_latency_s = 0;      // peak-EWMA of send -> stage done
  double peak_updated_at_s = 0;
  double share = 0;                  // P, the agent's
  double weight = 1;                 // w_ik: this sender's share of its inflow
  double downstream_cost_s = 0;      // Vd: delay - a * accuracy beyond it, for this sender's mix
  double deficit = 0;                // def: tasks that the shares promised it and it has not got
  std::uint64_t received_tasks = 0;  // newest reported, of this connection
  std::uint64_t finished_tasks = 0;  // newest reported
  double reported_at_s = 0;          // when the newest report came; 0: none on this connection
  double penalty_s = 0;              // for failures, at penalty_at_s; fades (PenaltyNow)
  double penalty_at_s = 0;
};

// What the agent decided in its last round, by receiver index.
struct DispatchDecision {
  std::vector<double> share;
  std::vector<double> weight;
  std::vector<double> downstream_cost_s;
  double average_cost_s = 0;  // avgcost: mean over measured shares of transfer + V + Vd
};

class DispatchPolicy;

class Sender {
 public:
  static constexpr int kNone = -1;

  // `rule`: what dto-ee does without; nothing but in studies.
  Sender(Policy policy, std::vector<ReceiverSpec> receivers, std::uint64_t seed,
         const LiveRule& rule = {});
  ~Sender();
  Sender(Sender&&) noexcept;
  Sender& operator=(Sender&&) noexcept;

  int size() const { return static_cast<int>(receivers_.size()); }
  const ReceiverState& receiver(int k) const { return receivers_[static_cast<std::size_t>(k)]; }
  Policy policy() const { return policy_; }

  // A fresh connection to k: nothing outstanding, nothing sent, an idle link. Not yet available.
  void OnConnected(int k, double now_s);

  // Whether k may be chosen. Counters stay: a receiver that was silent for a while, or that stops
  // draining, is still the same connection. Saying it twice changes nothing. Reports alone do not
  // change it: whoever keeps the connection knows more (silence, a drain, a way to the last stage).
  void SetAvailable(int k, bool available, double now_s);

  // Receiver for the next task of `bytes`, or kNone. `excluded[k]` (may be empty): receivers that
  // refused or lost this very task; they are taken only when nobody else is available.
  // Choosing alone changes no count: tell OnSent of each row before choosing for the next one, else
  // every row of a request goes the same way.
  int Choose(double now_s, std::int64_t bytes, const std::vector<bool>& excluded);

  // `tasks` rows of `bytes` in all were given to the link of k. Returns when the emulated link will
  // have delivered them (>= now_s; now_s where nothing is emulated). Links serialise.
  double OnSent(int k, double now_s, std::int64_t bytes, std::int64_t tasks);

  // The stage of `tasks` rows that were sent at `sent_s` is done at k.
  void OnStageDone(int k, double now_s, double sent_s, std::int64_t tasks);

  // k refused, lost or gave back `tasks` rows: outstanding falls; a failure costs a penalty where a
  // policy measures latency, never a short latency.
  void OnFailed(int k, double now_s, double sent_s, std::int64_t tasks);

  // The client cancelled `tasks` rows that k holds.
  void OnCancelled(int k, std::int64_t tasks);

  void OnReport(int k, double now_s, const Report& report);

  // The emulated link to k has changed (a simulation's). What is on it keeps its time.
  void SetLink(int k, double mbit_per_s, double latency_s);

  void Apply(const DispatchDecision& decision);

  // min over available k of cost(k, kappa) for a task of `bytes`, less the average cost of the last
  // decision: what the queue-aware exit compares (exit_rule.h). 0 before the first decision;
  // infinite while nobody is available: an early answer is better than none.
  double ExtraCostOfGoingOn(double now_s, std::int64_t bytes) const;

 private:
  Policy policy_;
  LiveRule live_rule_;
  std::vector<ReceiverState> receivers_;
  std::unique_ptr<DispatchPolicy> rule_;
  Random random_;
  double average_cost_s_ = 0;
  bool decided_ = false;         // an agent has spoken
  std::vector<int> candidates_;  // of the choice being made; kept for its memory

  ReceiverState& state(int k) { return receivers_[static_cast<std::size_t>(k)]; }
};

// cost(k, kappa) of dispatch.md: predicted seconds of sending one more task of `bytes` to k now,
// its effect on others (weighted by the rule's kappa) and what follows downstream included.
double PredictedCost(const ReceiverState& receiver, double now_s, std::int64_t bytes,
                     const LiveRule& rule = {});

// What is left of the penalty for failures, in seconds: fades with a time constant of 2 s, gone
// after 10 s. It is part of PredictedCost, or a receiver that fails fast would look idle and
// attract everything.
double PenaltyNow(const ReceiverState& receiver, double now_s);

}  // namespace offramp
