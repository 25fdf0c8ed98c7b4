// What a DtoEeAgent remembers (agent_state.cc) and the steps of its Update (agent_update.cc).
// Private to the agent.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "offramp/optimize/dto_ee_agent.h"
#include "offramp/optimize/held_price.h"
#include "offramp/optimize/momentum.h"
#include "offramp/optimize/offloading_step.h"
#include "offramp/optimize/threshold_step.h"

namespace offramp {

struct InboxEntry {
  std::optional<AgentMessage> message;
  std::uint64_t received = 0;  // own round; lifetimes do not need clocks in common
};

// What a step computes by profile row and forgets: agents of one thread may share it, so that a
// fleet of 100,000 is no larger than its messages.
struct AgentWorkspace {
  std::vector<std::vector<float>> cost_s;  // z, by receiver
  std::vector<float> outgoing;             // row mix of what goes on
  std::vector<float> going_on_s;           // cost of going on over the split
  std::vector<float> alike;                // 1 for every row

  // Mean cost of a visit over all rows alike, by message and weight: a source's offloading to one
  // receiver costs what every other source's does. Kept for one round; unused when not shared.
  bool shared = false;
  std::uint64_t round = 0;
  std::map<std::vector<double>, double> mean_cost_s;
};

struct DtoEeAgent::State {
  State(int stage, int offloaders, int receivers, std::shared_ptr<const ExitProfile> profile,
        DtoEeOptions options, const AgentShare* share);

  void Measure(AgentMeasurement measurement);
  void Update(std::uint64_t round, Random& random);

  // a in force: the measurement's, else the options'.
  double weight_s() const;

  // DTO-R's message but for its address; nullopt: nothing to say (receiver_message.h).
  std::optional<AgentMessage> Common(std::uint64_t round) const;

  // Receivers that are alive and heard within the time to live, ascending.
  std::vector<int> Live(std::uint64_t round) const;
  bool Fresh(const InboxEntry& entry, std::uint64_t round) const;

  // How this node's outflow splits over `live`, sums to 1: measured (live use) or decided.
  std::vector<double> SharesInUse(const std::vector<int>& live) const;

  // The steps of Update. `split` is SharesInUse(live); indices n run over `live`.
  bool WaitForEcho(const std::vector<int>& live, std::uint64_t round);
  void NoteDisturbance(const std::vector<int>& live);
  double ShareStep() const;
  void PriceReceivers(const std::vector<int>& live, std::uint64_t round);
  double PriceForAlike(int k, std::uint64_t round);
  std::vector<LinkModel> ModelLinks(const std::vector<int>& live,
                                    const std::vector<double>& split) const;
  void StepThreshold(const std::vector<int>& live, const std::vector<double>& split,
                     Random& random);
  void Decide(const std::vector<int>& live, const std::vector<double>& split,
              const std::vector<double>& x);
  void NoteOverload(const std::vector<int>& live);

  const AgentMessage& MessageOf(int k) const { return *inbox[static_cast<std::size_t>(k)].message; }

  int stage;
  int offloaders;
  int receivers;
  std::shared_ptr<const ExitProfile> profile;
  DtoEeOptions options;
  bool last_stage;

  AgentMeasurement measured;  // cleaned: sizes fit, all finite
  std::vector<InboxEntry> inbox;

  std::vector<double> shares;
  double threshold;
  DispatchDecision decision;
  GainCurve curve;
  double excess_share = 0;
  bool isolated = false;

  std::optional<ThresholdStep> exit;  // where this stage has one
  HeldPrice price;                    // planned use, receivers
  Momentum momentum;
  std::vector<int> known;     // Live() at the last update
  std::vector<bool> echoed;   // by n: the message answers our last change
  std::uint64_t changed = 0;  // round of the last change
  std::uint64_t updates = 0;
  bool cold = true;           // not started from a strategy
  double usual_outflow = 0;   // follows outflow; a leap from it is a disturbance
  double steady_outflow = 0;  // follows it as slowly as shares move
  std::uint64_t calm = 0;     // updates since receivers came or went, or the outflow doubled

  std::vector<double> mean_cost_s;  // by receiver: z over this node's own mix
  std::shared_ptr<AgentWorkspace> work;

  // The node's mix by row; all alike where none was measured.
  std::span<const float> Mix() const;
};

}  // namespace offramp
