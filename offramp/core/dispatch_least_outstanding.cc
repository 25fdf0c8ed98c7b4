#include "offramp/core/dispatch_choice.h"
#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

class LeastOutstanding final : public DispatchPolicy {
 public:
  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    return LeastScore(question.candidates, random, [&](int k) {
      return static_cast<double>(receivers[static_cast<std::size_t>(k)].outstanding);
    });
  }
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakeLeastOutstanding() {
  return std::make_unique<LeastOutstanding>();
}

}  // namespace offramp
