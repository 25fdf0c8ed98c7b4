// DtoEeAgent: one node's part of DTO-EE as a pure value (algorithm.md sections 3, 4, 5 and 8).
//
// Measurements and messages in; shares, threshold and messages out. No clock, no randomness of its
// own, no thread, no I/O: the node daemon and the simulator run the same object. A round is
//   Measure -> MessageTo each offloader -> Receive the receivers' -> Update.
// Stage 0 (a gateway) has no queue and sends no messages; the last stage has no receivers.
//
// Planned use (DtoEeOptions{}): flows are what shares and thresholds imply; a step starts when the
// receivers have answered the last one, with momentum; rounds are common to all nodes. Live use
// (DtoEeOptions::Live): flows are measured, every round makes a step, each node counts its own
// rounds. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/agent_message.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/exit_rule.h"
#include "offramp/core/sender.h"
#include "offramp/optimize/agent_measurement.h"
#include "offramp/optimize/threshold_step.h"

namespace offramp {

struct DtoEeOptions {
  double accuracy_weight_s = 1;    // a: what accuracy 1.0 instead of 0.0 may cost in delay, where
                                   // the measurement brings none
  bool momentum = true;            // Nesterov; off in live operation (measured flows are noisy)
  double visit_cap_services = 0;   // live: own V = min(D', this / mu); 0: no cap. 6 in live use
  double probe_share = 0;          // least share of an idle receiver
  double round_time_to_live = 20;  // rounds after which a receiver's message is a failure
  bool measured_flows = false;     // live: steps and averages start from measured flows, a step a
                                   // round, no unilateral jumps of thresholds
  double share_step = 1;           // of the way to a step's shares, while nothing happens; live
                                   // steps chase noise, and their mean over 100 rounds does not

  bool thresholds_move = true;  // false: another policy fixes them, so an exit relieves nobody and
                                // overload beyond it must reach the sources

  // What a node in operation uses (dispatch.md "Constants").
  static DtoEeOptions Live(double accuracy_weight_s) {
    return {.accuracy_weight_s = accuracy_weight_s,
            .momentum = false,
            .visit_cap_services = 6,
            .probe_share = 0.005,
            .measured_flows = true,
            .share_step = 0.01};
  }
};

struct AgentWorkspace;

// What agents of one fleet in one thread have in common (planner and simulator): the sorted exit
// profile and the memory of a step. A value; copies refer to the same.
struct AgentShare {
  explicit AgentShare(const ExitProfile* profile);  // null: no exits

  std::vector<std::optional<ThresholdStep>> exit;  // by stage
  std::shared_ptr<AgentWorkspace> workspace;
};

class DtoEeAgent {
 public:
  // `stage` in 0..H. Offloaders and receivers are known by index, in a fixed order. A null profile:
  // no exits, all rows alike. With `share` (of this profile) agents must not act at the same time.
  // REQUIRES: stage >= 0, counts >= 0, the profile has >= `stage` stages.
  DtoEeAgent(int stage, int offloaders, int receivers, std::shared_ptr<const ExitProfile> profile,
             DtoEeOptions options, const AgentShare* share = nullptr);
  ~DtoEeAgent();
  DtoEeAgent(DtoEeAgent&&) noexcept;
  DtoEeAgent& operator=(DtoEeAgent&&) noexcept;

  // Begins with these shares and threshold in place of uniform ones and 0.8, for instance a plan's.
  // Shares of another size, negative, not numbers or all 0 leave the present ones; the threshold
  // counts where the stage has an exit.
  void Start(const std::vector<double>& shares, double threshold);

  // From now on this is what the exits are known to do; the same rows (drift.h).
  // REQUIRES: a profile at the start, of the same shape.
  void SetProfile(std::shared_ptr<const ExitProfile> profile);

  // Replaces the last measurement. A receiver reported dead loses its message: when it comes back
  // it is believed again with its first, whatever its count of rounds.
  void Measure(AgentMeasurement measurement);

  // DTO-R: the message for offloader i, stamped with the round. A node before the last stage that
  // has no live receiver has nothing to say: the message has stage 0 (send none; Receive ignores
  // it), and offloaders take its silence for a failure.
  AgentMessage MessageTo(int offloader, std::uint64_t round) const;

  // The same for all offloaders at once: linear in their number.
  std::vector<AgentMessage> Messages(std::uint64_t round) const;

  // Keeps the newest message of receiver k; ignores malformed ones (wrong stage or sizes, not
  // finite, out of range) and old ones. Returns whether it was taken. `round` is this node's.
  bool Receive(int receiver, const AgentMessage& message, std::uint64_t round);

  // DTO-O and the threshold step. Draws from `random` for the occasional unilateral jump. Without
  // a live receiver nothing changes and isolated() is true.
  void Update(std::uint64_t round, Random& random);

  const std::vector<double>& shares() const;  // by receiver; sums to 1; uniform at the start
  double threshold() const;                   // kNeverExit where the stage has no exit
  const DispatchDecision& decision() const;   // for Sender::Apply; shares all 0 before the first
  const GainCurve& gain_curve() const;        // for ExitRule::SetCurve; empty without exit and
                                              // until the first 20 updates have settled it

  // Whether every receiver that is heard is beyond its capacity, and no threshold after this stage
  // can relieve it: the sources' sign to refuse tasks (admission.h; algorithm.md section 8).
  bool overloaded() const;

  // By how much, as of the last Update: inflow of the heard receivers that their capacity (at
  // kMaxUtilization) cannot take, as a share of their inflow; 0 unless overloaded().
  double excess_share() const;

  // No live receiver at the last Update: the decision is the last good one.
  bool isolated() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace offramp
