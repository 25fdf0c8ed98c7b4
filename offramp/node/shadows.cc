#include "offramp/node/shadows.h"

#include <cstddef>

namespace offramp {

namespace {

// A node keeps no more inputs than these for its own curiosity.
constexpr std::size_t kMostWaiting = 8;

}  // namespace

bool Shadows::Draw() {
  return share_ > 0 && waiting_.size() < kMostWaiting && random_.Chance(share_);
}

bool Shadows::OnAnswered(JobId job, const AnswerFrame& answer) {
  const auto it = waiting_.find(job);
  if (it == waiting_.end()) return false;
  const Confidence at_exit = it->second;
  waiting_.erase(it);
  // The classes are in the last of a bundle's outputs. The temperature does not change which wins.
  const Result<std::vector<Confidence>> at_end = answer.tensors.empty()
                                                     ? InvalidArgumentError("no outputs")
                                                     : RowConfidences(answer.tensors.back(), 1.0);
  if (!at_end.ok() || at_end->size() != 1 || !at_end->front().valid) {
    ++counters_.unanswered;
    return true;
  }
  const bool agreed = at_end->front().argmax == at_exit.argmax;
  ++(agreed ? counters_.agreed : counters_.disagreed);
  on_seen_(static_cast<double>(at_exit.confidence), agreed);
  return true;
}

bool Shadows::OnFailed(JobId job) {
  if (waiting_.erase(job) == 0) return false;
  ++counters_.unanswered;
  return true;
}

}  // namespace offramp
