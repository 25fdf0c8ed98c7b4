#include "offramp/core/dispatch_choice.h"
#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

class ComputingFirst final : public DispatchPolicy {
 public:
  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    CapacitiesOf(question.candidates, receivers, capacities_);
    return DrawByWeight(question.candidates, capacities_, random);
  }

 private:
  std::vector<double> capacities_;
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakeComputingFirst() { return std::make_unique<ComputingFirst>(); }

}  // namespace offramp
