#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

class RoundRobin final : public DispatchPolicy {
 public:
  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    if (next_ < 0) next_ = static_cast<int>(random.Below(receivers.size()));
    int chosen = question.candidates.front();
    for (const int k : question.candidates) {
      if (k >= next_) {
        chosen = k;
        break;
      }
    }
    next_ = (chosen + 1) % static_cast<int>(receivers.size());
    return chosen;
  }

 private:
  int next_ = -1;  // not yet drawn
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakeRoundRobin() { return std::make_unique<RoundRobin>(); }

}  // namespace offramp
