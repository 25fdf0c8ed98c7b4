#include "offramp/core/dispatch_choice.h"
#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

class WeightedLeastOutstanding final : public DispatchPolicy {
 public:
  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    CapacitiesOf(question.candidates, receivers, capacities_);
    // LeastScore visits the candidates in order, once each.
    std::size_t position = 0;
    return LeastScore(question.candidates, random, [&](int k) {
      const auto outstanding =
          static_cast<double>(receivers[static_cast<std::size_t>(k)].outstanding);
      return (outstanding + 1) / capacities_[position++];
    });
  }

 private:
  std::vector<double> capacities_;
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakeWeightedLeastOutstanding() {
  return std::make_unique<WeightedLeastOutstanding>();
}

}  // namespace offramp
