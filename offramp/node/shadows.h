// Shadows: a few of the tasks that leave early run on to the last stage all the same, unseen by
// whoever asked, and what it says is compared with what the exit said (algorithm.md section 8,
// "Drift"). Nobody waits for them; they are never sent again, and few at a time.
//
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/model/confidence.h"
#include "offramp/offload/forwarder.h"

namespace offramp {

struct ShadowCounters {
  std::uint64_t agreed = 0;
  std::uint64_t disagreed = 0;
  std::uint64_t unanswered = 0;  // refused, late, or answered without classes
};

class Shadows {
 public:
  // `share` of the tasks that leave, 0..1. `on_seen` hears of each that was answered: how sure the
  // exit was, and whether both agree.
  using OnSeen = std::function<void(double confidence, bool agreed)>;
  Shadows(double share, std::uint64_t seed, OnSeen on_seen)
      : share_(share), random_(seed), on_seen_(std::move(on_seen)) {}

  // Whether one that leaves now goes on as a shadow.
  bool Draw();

  // It does: a job of one row.
  void OnSent(JobId job, const Confidence& at_exit) { waiting_[job] = at_exit; }

  // Whether the job is one of them, which ends here.
  bool OnAnswered(JobId job, const AnswerFrame& answer);
  bool OnFailed(JobId job);

  const ShadowCounters& counters() const { return counters_; }

 private:
  const double share_;
  Random random_;
  const OnSeen on_seen_;
  std::unordered_map<JobId, Confidence> waiting_;
  ShadowCounters counters_;
};

}  // namespace offramp
