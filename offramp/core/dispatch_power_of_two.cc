#include <utility>

#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

class PowerOfTwo final : public DispatchPolicy {
 public:
  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    const std::size_t count = question.candidates.size();
    if (count == 1) return question.candidates.front();
    const std::size_t first = random.Below(count);
    std::size_t second = random.Below(count - 1);
    if (second >= first) ++second;
    const int a = question.candidates[first];
    const int b = question.candidates[second];
    // On a tie the first: it was drawn at random.
    return receivers[static_cast<std::size_t>(b)].outstanding <
                   receivers[static_cast<std::size_t>(a)].outstanding
               ? b
               : a;
  }
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakePowerOfTwo() { return std::make_unique<PowerOfTwo>(); }

}  // namespace offramp
