#include "offramp/optimize/dto_ee_agent.h"

#include <algorithm>
#include <cmath>

#include "offramp/base/check.h"
#include "offramp/optimize/agent_state.h"
#include "offramp/optimize/receiver_message.h"

namespace offramp {

AgentShare::AgentShare(const ExitProfile* profile) : workspace(std::make_shared<AgentWorkspace>()) {
  workspace->shared = true;
  if (profile == nullptr || profile->rows() == 0) return;
  exit.resize(static_cast<std::size_t>(profile->stages()) + 1);
  for (int stage = 1; stage < profile->stages(); ++stage) {
    if (profile->has_exit(stage)) exit[static_cast<std::size_t>(stage)].emplace(*profile, stage);
  }
}

DtoEeAgent::DtoEeAgent(int stage, int offloaders, int receivers,
                       std::shared_ptr<const ExitProfile> profile, DtoEeOptions options,
                       const AgentShare* share)
    : state_(std::make_unique<State>(stage, offloaders, receivers, std::move(profile), options,
                                     share)) {}

DtoEeAgent::~DtoEeAgent() = default;
DtoEeAgent::DtoEeAgent(DtoEeAgent&&) noexcept = default;
DtoEeAgent& DtoEeAgent::operator=(DtoEeAgent&&) noexcept = default;

void DtoEeAgent::Start(const std::vector<double>& shares, double threshold) {
  State& s = *state_;
  s.cold = false;
  // A float, as all thresholds of ThresholdStep.
  if (s.exit && threshold >= 0) s.threshold = static_cast<double>(static_cast<float>(threshold));
  double total = 0;
  for (const double share : shares) {
    if (!(share >= 0)) return;
    total += share;
  }
  if (shares.size() != s.shares.size() || !(total > 0) || !std::isfinite(total)) return;
  for (std::size_t k = 0; k < shares.size(); ++k) s.shares[k] = shares[k] / total;
  s.momentum = Momentum(s.shares);
}

void DtoEeAgent::SetProfile(std::shared_ptr<const ExitProfile> profile) {
  State& s = *state_;
  OFFRAMP_CHECK(s.profile && profile && profile->rows() == s.profile->rows(), "the same rows");
  s.profile = std::move(profile);
  if (s.exit) s.exit.emplace(*s.profile, s.stage);
}

void DtoEeAgent::Measure(AgentMeasurement measurement) { state_->Measure(std::move(measurement)); }

AgentMessage DtoEeAgent::MessageTo(int offloader, std::uint64_t round) const {
  const State& s = *state_;
  OFFRAMP_CHECK(offloader >= 0 && offloader < s.offloaders, "no such offloader");
  const std::optional<AgentMessage> common = s.Common(round);
  return common ? AddressMessage(*common, s.measured, s.offloaders,
                                 WeightTotal(s.measured, s.offloaders), offloader)
                : AgentMessage{};
}

std::vector<AgentMessage> DtoEeAgent::Messages(std::uint64_t round) const {
  const State& s = *state_;
  std::vector<AgentMessage> messages(static_cast<std::size_t>(s.offloaders));
  const std::optional<AgentMessage> common = s.Common(round);
  if (!common) return messages;
  const double total = WeightTotal(s.measured, s.offloaders);
  for (int i = 0; i < s.offloaders; ++i) {
    messages[static_cast<std::size_t>(i)] =
        AddressMessage(*common, s.measured, s.offloaders, total, i);
  }
  return messages;
}

bool DtoEeAgent::Receive(int receiver, const AgentMessage& message, std::uint64_t round) {
  State& s = *state_;
  if (receiver < 0 || receiver >= s.receivers) return false;
  if (!IsWellFormed(message, s.stage, s.profile.get())) return false;
  InboxEntry& entry = s.inbox[static_cast<std::size_t>(receiver)];
  // A receiver that restarted counts from 0 again: once its old message has expired, anything goes.
  if (s.Fresh(entry, round) && message.stamp <= entry.message->stamp) {
    // Overtaken on the way: a sign of life, and no more.
    if (message.stamp < entry.message->stamp) entry.received = round;
    return false;
  }
  entry.message = message;
  entry.received = round;
  return true;
}

void DtoEeAgent::Update(std::uint64_t round, Random& random) { state_->Update(round, random); }

const std::vector<double>& DtoEeAgent::shares() const { return state_->shares; }
double DtoEeAgent::threshold() const { return state_->threshold; }
const DispatchDecision& DtoEeAgent::decision() const { return state_->decision; }
const GainCurve& DtoEeAgent::gain_curve() const { return state_->curve; }
bool DtoEeAgent::overloaded() const { return state_->excess_share > 0; }
double DtoEeAgent::excess_share() const { return state_->excess_share; }
bool DtoEeAgent::isolated() const { return state_->isolated; }

}  // namespace offramp
