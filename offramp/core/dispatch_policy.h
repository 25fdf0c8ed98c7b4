// DispatchPolicy: the part of a Sender that differs between policies: whom to choose, and what to
// remember of sends, acknowledgements and failures beyond what Sender itself counts.
//
// Each policy is one small file, dispatch_<name>.cc, with its maker declared below. Policies are
// deterministic given the Random that they are handed. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/live_rule.h"
#include "offramp/core/policy.h"
#include "offramp/core/sender.h"

namespace offramp {

// One choice to be made.
struct DispatchQuestion {
  double now_s = 0;
  std::int64_t bytes = 0;           // of the task
  std::span<const int> candidates;  // receivers that may be taken, ascending, at least one
};

class DispatchPolicy {
 public:
  virtual ~DispatchPolicy() = default;

  // One of question.candidates.
  virtual int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
                     Random& random) = 0;

  // After Sender's own bookkeeping: `tasks` rows went to k.
  virtual void OnSent(int /*k*/, std::int64_t /*tasks*/, std::span<ReceiverState> /*receivers*/) {}

  // `elapsed_s` from giving the task to the link to the acknowledgement, or to the failure.
  virtual void OnStageDone(double /*now_s*/, double /*elapsed_s*/, ReceiverState& /*receiver*/) {}
  virtual void OnFailed(double /*now_s*/, double /*elapsed_s*/, ReceiverState& /*receiver*/) {}
};

// The rule of a live policy; `rule` is dto-ee's. REQUIRES: IsLivePolicy(policy).
std::unique_ptr<DispatchPolicy> MakeDispatchPolicy(Policy policy, const LiveRule& rule);

// In turn. Starts at a random receiver, so that senders do not march in step.
std::unique_ptr<DispatchPolicy> MakeRoundRobin();

// Fewest tasks whose stage is not done.
std::unique_ptr<DispatchPolicy> MakeLeastOutstanding();

// Least (outstanding + 1) / capacity. no-exit dispatches like this.
std::unique_ptr<DispatchPolicy> MakeWeightedLeastOutstanding();

// The less outstanding of two distinct receivers drawn at random.
std::unique_ptr<DispatchPolicy> MakePowerOfTwo();

// Least (outstanding + 1) * peak latency; the peak fades with a time constant of 10 s.
std::unique_ptr<DispatchPolicy> MakePeakEwma();

// At random: proportional to capacity.
std::unique_ptr<DispatchPolicy> MakeComputingFirst();

// At random: proportional to link rate, or where a candidate's link has no rate, to
// 1 / transfer time of a task of kNominalTaskBytes.
std::unique_ptr<DispatchPolicy> MakeBandwidthFirst();
inline constexpr std::int64_t kNominalTaskBytes = 10'000;

// The rule of dispatch.md: predicted cost, kept to the agent's shares by deficits.
std::unique_ptr<DispatchPolicy> MakeDtoEeDispatch(const LiveRule& rule);

}  // namespace offramp
